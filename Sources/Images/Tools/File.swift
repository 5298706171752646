import FoundationEssentials
import Linux
import OCI
import SystemPackage

/// Small file operations with errors that name the file.
enum File {
    /// Opens a file, close-on-exec.
    static func open(
        _ path: FilePath,
        _ mode: FileDescriptor.AccessMode = .readOnly,
        options: FileDescriptor.OpenOptions = []
    ) throws(ImageError) -> OwnedFD {
        do {
            return OwnedFD(taking: try FileDescriptor.open(path, mode, options: options.union(.closeOnExec)).rawValue)
        } catch {
            throw .system("open \(path)", error)
        }
    }

    /// Makes a file that does not exist yet.
    static func create(_ path: FilePath) throws(ImageError) -> OwnedFD {
        do {
            let file = try FileDescriptor.open(
                path,
                .readWrite,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
            return OwnedFD(taking: file.rawValue)
        } catch {
            throw .system("create \(path)", error)
        }
    }

    /// Reads a whole small file.
    ///
    /// - Returns: `nil` if there is no such file.
    static func read(_ path: FilePath, limit: Int64) throws(ImageError) -> [UInt8]? {
        guard let size = regularSize(path) else { return nil }
        return try FileRegion(path: path, offset: 0, length: size).read(limit: limit)
    }

    /// The length of a regular file; `nil` if there is none at this path, where a symbolic link counts as none.
    static func regularSize(_ path: FilePath) -> Int64? {
        guard let status = try? path.stat(followTargetSymlink: false), status.type == .regular else { return nil }
        return status.size
    }

    /// Makes a folder that only its owner can enter: what lies in it can be a stranger's set-user-id program.
    static func createFolder(_ path: FilePath, mode: Int = 0o700) throws(ImageError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path.string,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: mode]
            )
        } catch {
            throw .system("create folder \(path)", reason(error))
        }
    }

    /// The names in a folder, none if there is no such folder.
    static func names(in folder: FilePath) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    }

    /// Renames within the store; the target must not exist.
    static func move(_ from: FilePath, to target: FilePath) throws(ImageError) {
        do {
            try FileManager.default.moveItem(atPath: from.string, toPath: target.string)
        } catch {
            throw .system("move \(from) to \(target)", reason(error))
        }
    }

    /// Removes a file or a whole folder; what is not there is no error.
    static func remove(_ path: FilePath) throws(ImageError) {
        do {
            try FileManager.default.removeItem(atPath: path.string)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
            return
        } catch {
            throw .system("remove \(path)", reason(error))
        }
    }
}

extension File {
    /// The kernel's error number behind one of Foundation's errors, whose words are not for users.
    private static func reason(_ error: any Error) -> any Error {
        switch (error as? CocoaError)?.code {
        case .fileReadNoPermission, .fileWriteNoPermission: Errno.permissionDenied
        case .fileReadNoSuchFile, .fileNoSuchFile: Errno.noSuchFileOrDirectory
        case .fileWriteFileExists: Errno.fileExists
        case .fileWriteOutOfSpace: Errno.noSpace
        case .fileWriteVolumeReadOnly: Errno.readOnlyFileSystem
        default: error
        }
    }

    /// Gives a file a second name.
    ///
    /// - Returns: `false` if that fails, as when the file has just been removed.
    static func link(_ from: FilePath, to target: FilePath) -> Bool {
        (try? FileManager.default.linkItem(atPath: from.string, toPath: target.string)) != nil
    }
}
