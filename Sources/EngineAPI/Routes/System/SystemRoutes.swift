import HTTPTypes
import Hummingbird

/// Routes about the daemon itself.
struct SystemRoutes {
    let services: EngineServices

    func add(to router: Router<EngineContext>) {
        router.on("/_ping", method: .get) { _, _ in ping("OK") }
        router.on("/_ping", method: .head) { _, _ in ping("") }
    }

    private func ping(_ body: String) -> Response {
        var response = Response.text(body)
        response.headers[.cacheControl] = "no-cache, no-store, must-revalidate"
        response.headers.set("Pragma", "no-cache")
        response.headers.set("Builder-Version", "1")
        return response
    }
}
