import Testing

/// Everything that runs the real command and boots real machines.
///
/// One test after another: each starts virtual machines, and under emulation two of them fill a small machine.
@Suite(
    .enabled(if: Workplace.isReady, Workplace.whatIsMissing),
    .serialized,
    .timeLimit(.minutes(3)),
    NodeTemplateTrait()
)
enum EndToEnd {}
