package import AgentProtocol

/// How tightly a container is held: what its processes may do and which of the kernel's files they see.
///
/// The microVM is the wall to the host; this is the wall between a container and its pod.
package struct Confinement: Sendable, Equatable {
    /// Whether everything that the guest's kernel allows is allowed (`--privileged`).
    package let isPrivileged: Bool
    /// What a process of the container can ever gain.
    package let capabilities: Capabilities
    /// The filter of system calls, or empty for none.
    package let seccomp: [UInt8]
    /// The size of /dev/shm in bytes.
    package let sharedMemory: UInt64

    /// The default confinement, changed by capability names.
    ///
    /// - Parameter filtersSystemCalls: false for Docker's `seccomp=unconfined`.
    package init(
        adding: [String] = [],
        dropping: [String] = [],
        filtersSystemCalls: Bool = true,
        sharedMemory: UInt64 = OCIDefaults.sharedMemory
    ) throws(SandboxError) {
        let capabilities = try Capabilities(adding: adding, dropping: dropping)
        self.isPrivileged = false
        self.capabilities = capabilities
        self.seccomp = filtersSystemCalls ? SeccompProfile.standard(with: capabilities).program : []
        self.sharedMemory = sharedMemory
    }

    private init(privilegedWith sharedMemory: UInt64) {
        self.isPrivileged = true
        self.capabilities = .all
        self.seccomp = []
        self.sharedMemory = sharedMemory
    }

    /// No confinement within the pod: all capabilities, no filter, nothing hidden, /sys writable.
    package static func privileged(sharedMemory: UInt64 = OCIDefaults.sharedMemory) -> Confinement {
        Confinement(privilegedWith: sharedMemory)
    }

    /// Puts the confinement into a container's description, its first process included.
    ///
    /// The kernel's file systems go before the mounts that are already there, which lie on top of them.
    package func apply(to container: inout ContainerSpec) {
        let mounts = OCIDefaults.mounts(privileged: isPrivileged, sharedMemory: sharedMemory)
        container.mounts = mounts + container.mounts
        container.maskedPaths = isPrivileged ? [] : OCIDefaults.maskedPaths
        container.readOnlyPaths = isPrivileged ? [] : OCIDefaults.readOnlyPaths
        apply(to: &container.process)
    }

    /// Puts the confinement into the description of a further process of the container, by its `user`.
    package func apply(to process: inout ProcessSpec) {
        process.capabilities = capabilities.sets(user: process.user)
        process.seccomp = seccomp
    }
}
