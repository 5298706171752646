extension PodService {
    /// Streams what the container of a running pod has changed, as the tar archive of a further layer of its image.
    ///
    /// The archive is in the form of OCI layers (image specification, layer.md): deletions are `.wh.` files, folders
    /// that hide what lies below them have a `.wh..wh..opq`. Sockets are left out, files with holes are written in full.
    /// Whoever does not take it to its end ends it by returning or throwing.
    ///
    /// - Parameters:
    ///   - pause: whether the container's processes stand still until the archive has ended, however it ends. Otherwise
    ///     the archive holds each file as it was at some time meanwhile.
    ///   - body: gets the archive, which is for one reader; bytes come as fast as they are taken.
    /// - Throws: `PodsError`: `.notFound`, `.conflict` when the pod does not run or its changes are being archived
    ///   already, `.node` when they cannot be; and what the body throws.
    package func archiveChanges<Result>(
        of nameOrID: String,
        pause: Bool = true,
        _ body: (ChangesArchive) async throws -> Result
    ) async throws -> Result {
        let socket = try await running(nameOrID).socket
        return try await PodSession.with(socket: socket, .archive(pause: pause)) { session in
            try await body(ChangesArchive(events: session.events, name: nameOrID))
        }
    }
}
