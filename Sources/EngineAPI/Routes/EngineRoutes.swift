import Hummingbird

/// All routes of the API.
enum EngineRoutes {
    /// Makes the router.
    static func router(_ services: EngineServices) -> Router<EngineContext> {
        let router = Router(context: EngineContext.self)
        router.add(middleware: ErrorAnswers())
        SystemRoutes(services: services).add(to: router)
        ImageRoutes(services: services).add(to: router)
        AbsentRoutes().add(to: router)
        ContainerRoutes(services: services).add(to: router)
        ExecRoutes(services: services).add(to: router)
        return router
    }
}
