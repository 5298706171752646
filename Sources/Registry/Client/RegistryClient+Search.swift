import AsyncHTTPClient
import NIOHTTP1
import OCI

extension RegistryClient {
    /// Finds repositories by a word.
    ///
    /// Asks Docker's search API (version 1), and where that is missing filters the registry's own catalog.
    package func search(_ term: String, on registry: String, limit: Int) async throws -> [SearchResult] {
        guard (1...1000).contains(limit) else {
            throw ImageError(.invalidArgument, "the limit of a search is \(limit) (give a number from 1 to 1000)")
        }
        return try await atRegistry(registry, "search \"\(registry)\"") { place in
            if let found = try await searched(term, limit, at: place) { return Array(found.prefix(limit)) }
            return try await listed(term, limit, at: place)
        }
    }

    private struct Answer: Decodable {
        var results: [SearchResult]?
    }

    /// What the search API finds; `nil` if the registry has none.
    private func searched(_ term: String, _ limit: Int, at place: Place) async throws -> [SearchResult]? {
        let query = [(name: "q", value: term), (name: "n", value: "\(limit)")]
        guard let address = WebAddress(Self.searchBase(place.endpoint))?.adding(query) else {
            throw RegistryFailure(.invalidArgument, "the word to search for is too long")
        }
        let request = WebRequest(.GET, address, headers: ["Accept": "application/json"])
        let response: [UInt8]
        do {
            let answer = try await place.send(request, .offered)
            response = try await AnswerBody.collect(answer, limit: RegistryLimits.manifest, from: address)
        } catch let failure as RegistryFailure where [400, 404, 405, 501].contains(failure.status) {
            return nil
        }
        // Some registries show a page for people at every path that they do not know.
        return try? JSONFile.decode(Answer.self, response, name: "the answer of \(place.name)").results
    }

    /// The API of the default registry has no search; that lives where its index does.
    private static func searchBase(_ endpoint: RegistryEndpoint) -> String {
        var endpoint = endpoint
        if endpoint.host == "registry-1.docker.io" { endpoint.host = "index.docker.io" }
        return "\(endpoint.scheme)://\(endpoint.authority)\(endpoint.pathPrefix)/v1/search"
    }

    private struct Catalog: Decodable {
        var repositories: [String]?
    }

    private func listed(_ term: String, _ limit: Int, at place: Place) async throws -> [SearchResult] {
        let first = try place.address("/_catalog", [(name: "n", value: "1000")])
        let wanted = term.lowercased()
        var found: [SearchResult] = []
        do {
            try await place.pages(from: first, .offered, accept: "application/json") { bytes in
                let page = try JSONFile.decode(Catalog.self, bytes, name: "the catalog", code: .registry)
                found += (page.repositories ?? []).filter { $0.lowercased().contains(wanted) || wanted.isEmpty }
                    .map { SearchResult(name: $0) }
                return found.count < limit
            }
        } catch let failure as RegistryFailure where [403, 404, 405, 501].contains(failure.status) {
            throw RegistryFailure(.unsupported, "\(place.name) offers no search and no catalog (name the image itself)")
        }
        return Array(found.prefix(limit))
    }
}
