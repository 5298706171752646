import ArgumentParser
import OCI
import Registry

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to a registry.",
        usage: "apus login [OPTIONS] [REGISTRY]",
        discussion: "The login is kept where Docker keeps it, so either program can use it."
    )

    @Option(name: .shortAndLong, help: "The user's name.")
    var username: String?

    @Option(name: .shortAndLong, help: "The password; others may see it in the list of processes.")
    var password: String?

    @Flag(help: "Read the password from standard input.")
    var passwordStdin = false

    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The registry (default: the one of names that name none).")
    var server: String?

    func validate() throws {
        guard password == nil || !passwordStdin else {
            throw ValidationError("--password and --password-stdin exclude each other")
        }
        guard !passwordStdin || username != nil else { throw ValidationError("--password-stdin needs --username") }
    }

    func run() async throws {
        let store = try registry.credentials()
        try await registry.withClient { client, configuration in
            let name = server ?? configuration.defaultDomain
            let given = RegistryCredentials.password(user: try user(), password: try secret())
            let kept = try await client.checkLogin(registry: name, given)
            try await store.save(kept, for: name)
        }
        Console.line("Login Succeeded")
    }

    private func user() throws -> String {
        guard let user = username ?? Prompt.line("Username: "), !user.isEmpty else {
            throw ValidationError("a login needs a user name (use --username)")
        }
        return user
    }

    private func secret() throws -> String {
        guard let secret = passwordStdin ? Prompt.rest() : password ?? Prompt.secret("Password: "), !secret.isEmpty
        else {
            throw ValidationError("a login needs a password (use --password-stdin)")
        }
        return secret
    }
}

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forget the login to a registry.",
        usage: "apus logout [REGISTRY]"
    )

    @OptionGroup var registry: RegistryOptions

    @Argument(help: "The registry (default: the one of names that name none).")
    var server: String?

    func run() async throws {
        let name = try server ?? registry.configuration().defaultDomain
        let wasThere = try await registry.credentials().erase(name)
        Console.line(wasThere ? "Removing login credentials for \(name)" : "Not logged in to \(name)")
    }
}
