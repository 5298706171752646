package import SystemPackage

/// A system call that failed, with the stage of the work it belonged to.
///
/// The stage says what was being done (`"open /var/lib/apus/pods"`), so that the message alone is enough to act on.
package struct LinuxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done, in a few words; it names the object.
    package let stage: String
    /// The kernel's answer.
    package let errno: Errno

    /// Names the stage of the work and the error number that the kernel gave.
    package init(stage: String, errno: Errno) {
        self.stage = stage
        self.errno = errno
    }

    package var description: String { "\(stage): \(errno)" }
}
