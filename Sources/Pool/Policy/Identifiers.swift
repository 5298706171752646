package import Hypervisor

/// A machine of the pool, in the order in which they are begun.
package struct MachineID: Sendable, Hashable, Comparable {
    /// Its number, never used twice.
    package let number: UInt64

    /// Names a machine.
    package init(_ number: UInt64) { self.number = number }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A template, in the order in which they are begun.
package struct TemplateID: Sendable, Hashable, Comparable {
    /// Its number, never used twice.
    package let number: UInt64

    /// Names a template.
    package init(_ number: UInt64) { self.number = number }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// What machines must have in common to stand in for each other.
package struct MachineKind: Sendable, Hashable {
    /// Whose machines they are; empty where templates are shared.
    package let project: String
    /// Their size.
    package let shape: MachineShape

    /// Names a kind.
    package init(project: String, shape: MachineShape) {
        self.project = project
        self.shape = shape
    }
}

/// What an idle machine with an image was prepared for.
package struct ImageKey: Sendable, Hashable {
    /// Whose request it may serve, also where templates are shared.
    package let project: String
    /// The image's digest.
    package let image: String
    /// The program that was exercised.
    package let program: String
    /// The machine's kind.
    package let kind: MachineKind

    /// Names what a machine is prepared for.
    package init(project: String, image: String, program: String, kind: MachineKind) {
        self.project = project
        self.image = image
        self.program = program
        self.kind = kind
    }
}
