import Foundation
import SystemPackage
import TestSupport

/// An image whose containers change in every way that a layer can tell.
struct ChangedImage {
    let node: Node
    private let base: [UInt8]

    /// Loads the image as `origin`.
    init(_ node: Node) async throws {
        self.node = node
        base = try await Self.base()
        try await load([], as: "origin")
    }

    /// Loads the image with further layers under a name, and leaves its archive as NAME.tar.
    func load(_ layers: [[UInt8]], as name: String) async throws {
        let archive = try await ImageFixtures.dockerArchive(
            in: node.folder,
            file: "\(name).tar",
            layers: [base] + layers,
            tags: ["\(name):latest"],
            settings: #"{"Cmd":["sh"],"Env":["PATH=/bin"]}"#
        )
        try await node.succeed("load", "-i", archive.string)
    }

    private static func base() async throws -> [UInt8] {
        var tar = TarBuilder()
        for path in ["bin", "data", "dev", "etc", "proc", "sys", "tmp"] { tar.add("\(path)/", .folder, mode: 0o755) }
        let program = try Data(contentsOf: URL(filePath: ImageFixtures.busyboxProgram))
        tar.add("bin/busybox", .file, Array(program), mode: 0o755)
        let applets = try await Shell.run([ImageFixtures.busyboxProgram, "--list"]).split(separator: "\n")
        for applet in applets where applet != "busybox" {
            tar.add("bin/\(applet)", .symbolicLink, link: "busybox", mode: 0o777)
        }
        for folder in ["folder", "hidden", "hidden/deep"] { tar.add("data/\(folder)/", .folder, mode: 0o755) }
        for file in ["kept", "modified", "deleted", "folder/a", "hidden/old", "hidden/deep/old"] {
            tar.add("data/\(file)", .file, Array("old\n".utf8))
        }
        // cap_net_bind_service=ep, as linux/capability.h lays out version 2.
        let capability = "\u{1}\0\0\u{2}\0\u{4}\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        tar.add("data/capable", .file, [1], mode: 0o755, pax: [("SCHILY.xattr.security.capability", capability)])
        return tar.finished
    }

    /// A script that changes `/data` in every way.
    ///
    /// The socket is syslogd's, which follows the link at its usual place.
    static let changes = """
        cd /data
        echo new >new; echo more >>modified; rm deleted
        rm -r folder; echo file >folder
        rm -r hidden; mkdir -m 2750 hidden; chown 12:34 hidden; echo inside >hidden/new
        chmod 750 capable
        ln new linked; ln new hidden/linked
        ln -s ../nowhere link; ln -s "$(printf 't%.0s' $(seq 300))" longlink
        mkfifo -m 600 pipe; mknod null c 1 3
        n=$(printf 'n%.0s' $(seq 120)); mkdir -p $n/$n; echo deep >$n/$n/$n; ln $n/$n/$n other
        dd if=/dev/urandom of=large bs=1M count=5 2>/dev/null
        truncate -s 1000001 holes
        : >empty; touch -d '2001-02-03 04:05:06' empty; touch -d '1969-12-31 23:00:00' ancient
        mkdir -m 1777 sticky; echo s >setuid; chmod 4755 setuid
        echo o >owned; chown 3000000:2500000 owned
        touch 'name with spaces' 'ünïcode'
        ln -s /data/socket /dev/log; syslogd -O /data/messages
        until [ -S socket ]; do :; done; kill "$(pidof syslogd)"; rm -f messages
        """

    /// Describes everything below `/data` but sockets and the sizes and link counts of folders.
    static let listing = """
        cd /data
        find . ! -type s | sort | while IFS= read -r f; do
            if [ -d "$f" ] && [ ! -L "$f" ]; then stat -c '%N %F %a %u %g %Y' "$f"
            else stat -c '%N %F %a %u %g %Y %s %h %t:%T' "$f"; fi
        done
        find . -type f | sort | tr '\\n' '\\0' | xargs -0 sha1sum
        """
}
