import FoundationEssentials
import Images
import Synchronization

/// Prints news about a transfer as they come, from whatever thread.
final class ProgressPrinter: Sendable {
    private enum Form {
        case screen(ProgressScreen)
        case lines(ProgressLines)
        case json
        case nothing
    }

    private let form: Mutex<Form>
    private let write: @Sendable (String) -> Void
    private let clock = ContinuousClock()

    init(
        _ style: ProgressStyle,
        size: WindowSize? = WindowSize(of: 1),
        write: @escaping @Sendable (String) -> Void = Console.write
    ) {
        self.write = write
        form = Mutex(Self.form(style, size))
    }

    private static func form(_ style: ProgressStyle, _ size: WindowSize?) -> Form {
        switch style {
        case .auto: size.map { .screen(ProgressScreen(width: Int($0.columns))) } ?? .lines(ProgressLines())
        case .tty: .screen(ProgressScreen(width: Int(size?.columns ?? 80)))
        case .plain: .lines(ProgressLines())
        case .json: .json
        case .quiet: .nothing
        }
    }

    /// Prints what there is to print.
    func take(_ message: ProgressMessage) {
        // Written under the lock, so that two pieces of news cannot overtake each other.
        form.withLock { form in
            let text = Self.text(message, &form, clock.now)
            if !text.isEmpty { write(text) }
        }
    }

    private static func text(_ message: ProgressMessage, _ form: inout Form, _ now: ContinuousClock.Instant) -> String {
        switch form {
        case .screen(var screen):
            defer { form = .screen(screen) }
            return screen.draw(message, at: now)
        case .lines(var lines):
            defer { form = .lines(lines) }
            return lines.line(message).map { $0 + "\n" } ?? ""
        case .json: return json(message)
        case .nothing: return ""
        }
    }

    private static func json(_ message: ProgressMessage) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(message) else { return "" }
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }
}
