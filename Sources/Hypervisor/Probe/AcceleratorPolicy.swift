/// Which accelerator an operator asks for.
package enum AcceleratorPolicy: String, Sendable, Hashable, CaseIterable {
    /// KVM where a guest boots with it, else TCG.
    case auto
    /// KVM or an error.
    case kvm
    /// TCG, without looking for KVM.
    case tcg
}
