import Foundation
import SystemPackage
import Testing

/// A data folder with the tests' images, made once for all end-to-end tests and copied for each.
///
/// The copies are small: a busybox, and the guest's kernel by a link.
struct NodeTemplate: Sendable {
    @TaskLocal static var current: NodeTemplate?

    let folder: FilePath

    /// A folder for one test.
    func clone() throws -> FilePath {
        let copy = Self.temporaryPath()
        try FileManager.default.copyItem(atPath: folder.string, toPath: copy.string)
        return copy
    }

    /// Makes the images with the command under test.
    static func make() async throws -> NodeTemplate {
        let workplace = try Workplace.current()
        let node = Node(folder: temporaryPath(), program: workplace.program)
        for folder in [node.root, node.runRoot] {
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: node.root.appending("kernel").string,
            withDestinationPath: workplace.data.appending("kernel").string
        )
        let made = try await node.shell(script)
        guard made.code == 0 else { throw CommandFailure(description: "cannot make the images: \(made.error)") }
        return NodeTemplate(folder: node.folder)
    }

    /// A busybox with some users; `configured` has every setting that an image can have.
    private static let script = """
        mkdir -p tree/bin tree/dev tree/etc tree/proc tree/root tree/sys tree/tmp tree/home/app tree/var
        cp "$(command -v busybox)" tree/bin/busybox
        for applet in $(busybox --list); do [ $applet = busybox ] || ln -s busybox tree/bin/$applet; done
        chmod 1777 tree/tmp
        echo 'printf "%s\\n" "$@"' >tree/bin/list && echo 'no program' >tree/bin/broken
        chmod 755 tree/bin/list && sed -i '1i #!/bin/sh' tree/bin/list
        printf 'root:x:0:0:root:/root:/bin/sh\\napp:x:1000:1000::/home/app:/bin/sh\\n' >tree/etc/passwd
        printf 'root:x:0:\\napp:x:1000:\\nstaff:x:2000:app\\nother:x:3000:root\\n' >tree/etc/group
        chown -R 1000:1000 tree/home/app
        "$APUS" import --change 'CMD ["sh"]' tree busybox
        "$APUS" import --change 'ENV GREETING=hello' --change 'ENV PLACE=image' --change 'WORKDIR /home/app' \
            --change 'USER app' --change 'ENTRYPOINT ["list", "entry"]' --change 'CMD ["one", "two"]' tree configured
        "$APUS" run --rm busybox true
        """

    static func temporaryPath() -> FilePath { FilePath("/tmp/apus-test-\(UUID().uuidString.prefix(8))") }
}

/// Makes the template before the first end-to-end test, and removes it after the last.
struct NodeTemplateTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let template = try await NodeTemplate.make()
        defer { Leaks.remove(template.folder) }
        try await NodeTemplate.$current.withValue(template) { try await function() }
    }
}
