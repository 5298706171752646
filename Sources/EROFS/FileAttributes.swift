/// A name and a value beside a file's content.
package struct ExtendedAttribute: Sendable, Hashable {
    /// The whole name, such as `user.mime_type`.
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// What is known about a file beside its name and content.
package struct FileAttributes: Sendable, Hashable {
    /// The mode without the type: `mode & 0o7777`.
    package var permissions: UInt16
    package var userID: UInt32
    package var groupID: UInt32
    /// Seconds since 1970.
    package var modified: Int64
    package var modifiedNanoseconds: UInt32
    package var extended: [ExtendedAttribute]

    package init(
        permissions: UInt16,
        userID: UInt32 = 0,
        groupID: UInt32 = 0,
        modified: Int64 = 0,
        modifiedNanoseconds: UInt32 = 0,
        extended: [ExtendedAttribute] = []
    ) {
        self.permissions = permissions
        self.userID = userID
        self.groupID = groupID
        self.modified = modified
        self.modifiedNanoseconds = modifiedNanoseconds
        self.extended = extended
    }
}

extension ExtendedAttribute {
    /// Whether a disk can have it: the classes `user`, `trusted` and `security`, and POSIX ACLs.
    package var isStorable: Bool { AttributeArea.isStorable(name) }
}
