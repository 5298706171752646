package import Hypervisor

/// How many machines wait for pods, and when they and their templates are replaced.
///
/// The numbers are whole ones with their unit in the name, so that a configuration file says the same as the code.
package struct PoolConfiguration: Sendable, Hashable {
    /// How many idle machines a shape has.
    package var machinesPerShape = 2
    /// How many idle machines have an image plugged and exercised, over all projects.
    package var imageMachines = 2
    /// How many idle machines there are in all, those in the making and those that are about to end included.
    package var maximumMachines = 8
    /// How many shapes (of a project, unless templates are shared) have templates and machines; the most recently
    /// requested ones are kept.
    package var shapes = 4
    /// How long a shape keeps its place after a request, so that many different ones cannot chase each other out.
    package var shapeResidenceSeconds = 60
    /// Whether projects have their templates in common.
    ///
    /// Clones of one template share memory pages. Those hold nothing of a tenant, but which of them are in a cache can
    /// be measured from any clone.
    package var sharesTemplates = false
    /// How often an image must have been asked for, recent requests counting most, to get a machine.
    package var imageRequests = 2
    /// After how long a request for an image counts half.
    package var imageHalfLifeSeconds = 600
    /// When an idle machine is replaced by a new one.
    package var machineAgeSeconds = 3600
    /// When a template is replaced by a new one: its clones share their kernel's address layout.
    package var templateAgeSeconds = 24 * 3600
    /// After how many clones a template is replaced by a new one.
    package var templateClones = 10_000
    /// Idle machines are ended while less memory than this is available.
    package var memoryFloorMiB = 1024
    /// How much memory beyond the floor must be available for a new machine, so that it is not ended at once.
    package var memoryHeadroomMiB = 256
    /// How often the available memory is looked at while machines wait.
    package var memoryCheckSeconds = 5
    /// How long after the last request the pool is refilled: what was just started needs the processors more.
    package var refillDelayMilliseconds = 100
    /// How long nothing is tried again after a failure; doubled by each further one.
    package var backOffMilliseconds = 1000
    /// The most that failures delay the next attempt by.
    package var backOffCapSeconds = 60
    /// For how long machines boot cold after a template was discarded, built again and discarded again.
    package var surrenderSeconds = 600
    /// How long a request waits for a template that is being built already before it boots a machine itself.
    package var templatePatienceMilliseconds = 5000
    /// How often a new machine runs a container before it waits.
    ///
    /// Under emulation one run takes the first container from 220 to 53 ms, a second one to 45, more nothing (measured).
    package var warmCycles = 2

    /// The numbers for an accelerator.
    ///
    /// Under KVM there is no translated code that could be kept warm, and a clone is ready sooner than it is asked for:
    /// one machine covers the requests that come while its successor is restored.
    package init(for accelerator: Accelerator) {
        guard accelerator == .kvm else { return }
        machinesPerShape = 1
        imageMachines = 1
        warmCycles = 1
        templatePatienceMilliseconds = 1000
    }
}
