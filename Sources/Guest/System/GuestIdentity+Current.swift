import AgentProtocolEmbedded
import CLinux

extension GuestIdentity {
    /// Who this guest is, read back from where everybody in it finds it.
    static func current(answering challenge: [UInt8], renewed: Bool) throws(AgentFailure) -> GuestIdentity {
        var random = [UInt8](repeating: 0, count: randomLength)
        try System.checkShim(lx_fresh_random(&random, random.count), "draw random bytes")
        return GuestIdentity(
            challenge: challenge,
            bootID: System.readText("/proc/sys/kernel/random/boot_id"),
            machineID: Hexadecimal.bytes(System.read(PodSetup.machineIDFile)),
            random: random,
            addressRandom: [UInt8](UnsafeBufferPointer(start: lx_program_random(), count: addressRandomLength)),
            stack: lx_stack_address(),
            realtime: lx_realtime_ns(),
            hostname: System.readText("/proc/sys/kernel/hostname"),
            addresses: NetworkInterfaces.addresses,
            renewed: renewed
        )
    }
}
