import ArgumentParser
import Mill
import Rendering

/// When to colour.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable, Sendable { case auto, always, never }

/// Flags that every verb has.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .long, help: "Job file; without it spanmill.yaml where there is one.",
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Option(name: [.customLong("state"), .customLong("state-dir")], help: settingHelp("state"), completion: .directory)
    var state: String?

    @Flag(name: .shortAndLong, help: "Say nothing but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more; twice, even more.")
    var verbose: Int

    @Option(help: "Log lines on standard error: text or json.")
    var logFormat: LogFormat = .text

    @Option(help: "Colour: auto, always or never.")
    var color: ColorChoice = .auto

    /// How log lines look.
    enum LogFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case text, json }

    /// The resolved configuration with these and other flags.
    func configuration(_ flags: [String: String] = [:]) throws -> Configuration {
        var flags = flags
        if let state { flags["state"] = state }
        return try Configuration(
            path: config ?? Environment.all["SPANMILL_CONFIG"], environment: Environment.all, flags: flags)
    }

    /// What the terminal behind standard error can show.
    var errorTerminal: Terminal {
        Terminal(width: Console.shared.errorColumns, isASCII: Console.shared.isASCII, usesColor: false)
    }

    /// What the reader's terminal can show.
    var terminal: Terminal {
        Terminal(
            width: Console.shared.columns, isASCII: Console.shared.isASCII, usesColor: Console.shared.usesColor(color))
    }
}

/// The help of a setting, as the job file explains it.
func settingHelp(_ key: String) -> ArgumentHelp {
    let setting = Setting.named(key)
    let standard = setting?.defaultText ?? ""
    let suffix = standard.isEmpty ? "" : " (default: \(standard))"
    return ArgumentHelp((setting?.help ?? key).capitalizedFirst + suffix + ".")
}

extension String {
    /// With a capital first letter.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
