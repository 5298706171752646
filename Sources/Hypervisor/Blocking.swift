import NIOPosix

/// Runs work that blocks its thread (files, process starts) on the threads that NIO keeps for it.
func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await NIOThreadPool.singleton.runIfActive(work)
}
