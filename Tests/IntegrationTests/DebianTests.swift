import Foundation
import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
    /// A whole distribution in forty layers, compared file by file with what umoci makes of the same image.
    @Suite(
        .enabled(
            if: Shell.has("debootstrap", "umoci", "skopeo", "getfattr"),
            "needs debootstrap, umoci, skopeo and attr"
        )
    )
    struct DebianTests {
        /// What there is to know of a tree, one line a file: kind, mode, owner, target, links, content, attributes.
        ///
        /// Folders' links are left out: overlayfs counts none.
        private static let listing = #"""
            cd "$1"
            find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run \) -prune -o \
            ! -path ./etc/hosts ! -path ./etc/hostname ! -path ./etc/resolv.conf ! -path ./etc/mtab \
            ! -path ./etc/machine-id \
            \( -type d -printf '%P|d|%m|%U:%G\n' -o -printf '%P|%y|%m|%U:%G|%l|%n\n' \) | sort
            find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run \) -prune -o -type f \
            ! -path ./etc/hosts ! -path ./etc/hostname ! -path ./etc/resolv.conf ! -path ./etc/machine-id -print0 | sort -z |
            xargs -0 sha256sum
            find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run \) -prune -o -type f -print0 |
            sort -z | xargs -0 getfattr -h -m '^(user|security[.]capability)' -d 2>/dev/null || true
            """#

        @Test("every file, owner, mode and attribute is as umoci unpacks it", .timeLimit(.minutes(15)))
        func identical() async throws {
            try await withNode { node in
                try Self.listing.write(toFile: "\(node.folder)/listing", atomically: true, encoding: .utf8)
                let made = try await node.shell(Self.makeImage, patience: .seconds(600))
                try #require(made.code == 0, "\(made.error.suffix(500))")
                try await node.succeed("load", "-i", "\(node.folder)/debian.tar")
                var command = node.command(["run", "--rm", "-i", "debian:v1", "sh", "-s", "/"])
                command.patience = .seconds(400)
                let inside = try await command.run(input: node.folder.appending("listing"))
                try #require(inside.code == 0, "\(inside.error.suffix(500))")
                _ = try node.file("inside", Data(inside.output.utf8))
                let difference = try await node.shell("diff expected inside | head -20; wc -l < inside")
                let lines = difference.lines
                #expect(
                    lines.count == 1 && (lines.last.flatMap { Int($0) } ?? 0) > 5000,
                    "\(lines.joined(separator: "\n"))"
                )
            }
        }

        /// Debian's smallest system, and layers that add, change, delete and replace.
        private static let makeImage = #"""
            export HOME=$PWD
            mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' | grep -v -- - | head -n 1)
            set -- $mirror
            debootstrap --variant=minbase --include=attr "$2" root "$1" >debootstrap.log
            rm -rf root/var/cache/apt/archives/*.deb root/dev/* root/var/lib/apt/lists/*
            setfattr -n user.test -v value root/etc/issue
            setcap cap_net_raw+ep root/bin/ls
            chown 4000000:70000 root/etc/motd; chmod 4711 root/bin/cat
            umoci init --layout lay; umoci new --image lay:v; umoci insert --image lay:v root /
            for number in $(seq 19); do
                mkdir -p part/opt/$number; echo $number >part/opt/$number/file; echo $number >part/opt/last
                ln part/opt/$number/file part/opt/$number/link; chmod 70$((number % 8)) part/opt/$number
                umoci insert --image lay:v part/opt/$number /opt/$number
                umoci insert --image lay:v part/opt/last /opt/last
                rm -rf part
            done
            umoci insert --image lay:v --whiteout /usr/share/doc
            mkdir -p games; echo new >games/new; umoci insert --image lay:v --opaque games /usr/games
            umoci unpack --image lay:v bundle
            sh listing bundle/rootfs >expected
            skopeo copy -q oci:lay:v oci-archive:debian.tar:debian:v1
            """#
    }
}
