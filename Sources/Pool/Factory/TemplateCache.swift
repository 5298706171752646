import Hypervisor
import Synchronization

/// The templates that there are; each lives until it is dropped here and the last clone of it has been started.
///
/// Which there should be, and that each is built once for all who wait for it, is the policy's to decide.
final class TemplateCache: Sendable {
    private let templates = Mutex<[TemplateID: MachineTemplate]>([:])

    func insert(_ template: MachineTemplate, as id: TemplateID) { templates.withLock { $0[id] = template } }

    func drop(_ id: TemplateID) { templates.withLock { $0[id] = nil } }

    subscript(id: TemplateID) -> MachineTemplate? { templates.withLock { $0[id] } }
}
