package import SystemPackage

/// One running virtual machine.
///
/// It does not depend on this process: it runs on when the daemon dies, and `Hypervisor.reconnect` finds it again.
/// One task must always be in `waitForExit`: a guest that ends stays, stopped, until that task has read why.
package protocol VirtualMachine: Sendable {
    /// The listening socket behind the guest's agent port; one client at a time is served, others wait.
    var agentSocket: FilePath { get }

    /// The folder that the machine's sockets, record and logs are in now.
    var directory: VMDirectory { get }

    /// The number of the VMM's process.
    var processID: Int32 { get }

    /// Gives the machine's folder another name in the same file system, where nothing or an empty folder is.
    ///
    /// Connections stay; from now on the machine is found there, by `Hypervisor.reconnect` too.
    func relocate(to directory: VMDirectory) async throws

    /// Puts layers into the layer disk (see `LayerDisk`), each into one slot, from the given one on.
    ///
    /// The guest takes no part in it, may run meanwhile, and reads them from then on. A slot that has the same file
    /// already is left as it is; one that has another is refused, as the guest may have read from it.
    func fill(_ layers: [LayerFile], from slot: Int) async throws

    /// Plugs a disk in; the guest recognises it by its serial number.
    func attachDisk(_ disk: DiskAttachment) async throws

    /// Unplugs a disk and closes its file; the guest must have unmounted it.
    func detachDisk(_ id: String) async throws

    /// Stops the guest's processors.
    func pause() async throws

    /// Lets the guest's processors run again.
    func resume() async throws

    /// What the machine is doing now.
    func status() async throws -> VMStatus

    /// Waits until the guest has opened its agent port.
    ///
    /// The error of a guest that does not in time, or ends before, quotes its console.
    func waitForAgent(timeout: Duration) async throws

    /// Waits until the machine has ended, and says why; may be called by several tasks and again later.
    func waitForExit() async throws -> VMExit

    /// Ends the machine at once and waits until its process is gone; also when the task is cancelled, and again.
    func kill() async throws

    /// The last lines of the guest's console, cleaned of control characters.
    func consoleTail(lines: Int) async -> [String]
}

/// What a virtual machine is doing.
package enum VMStatus: String, Sendable, Hashable {
    /// Its processors run.
    case running
    /// Its processors are stopped and can go on.
    case paused
    /// The guest has ended.
    case ended
}
