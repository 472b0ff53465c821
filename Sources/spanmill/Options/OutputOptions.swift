import ArgumentParser
import Mill
import Rendering
import SpanModel

/// Where the answer goes and in which format.
struct OutputOptions: ParsableArguments {
    @Option(help: "Format of the answer; an -o name implies one.")
    var format: String?

    @Flag(help: "Short for --format json.")
    var json = false

    @Option(
        name: .shortAndLong,
        help: "Write to a file, whole or not at all; may be given several times; - is standard output.",
        completion: .file())
    var output: [String] = []

    /// Renders and writes to every place asked for.
    func deliver(_ input: RenderInput, _ options: RenderOptions) async throws {
        let asked = json ? "json" : format
        guard !output.isEmpty else {
            try await write(input, options, renderer: try known(asked ?? "text", input.verb), to: "-")
            return
        }
        for path in output {
            let renderer = try asked.map { try known($0, input.verb) } ?? implied(by: path, input.verb)
            try await write(input, options, renderer: renderer, to: path)
        }
    }

    /// Whether a person reads the answer here.
    var isText: Bool { !json && format ?? "text" == "text" && output.isEmpty }

    private func known(_ format: String, _ verb: RenderInput.Verb) throws -> Renderer {
        if let renderer = Renderer.named(format, for: verb) { return renderer }
        let names = renderers.filter { $0.verbs.contains(verb) }.map(\.format)
        let hint = Units.nearest(to: format, among: names).map { "; did you mean \($0)?" } ?? ""
        throw ValidationError(
            "'\(verb.rawValue)' has no format '\(format)'\(hint) It has \(names.joined(separator: ", ")).")
    }

    /// The format of a file's ending; text where the name has none.
    private func implied(by path: String, _ verb: RenderInput.Verb) throws -> Renderer {
        if let renderer = Renderer.writing(path, for: verb) { return renderer }
        let name = path.split(separator: "/").last ?? ""
        guard path != "-", name.dropFirst().contains(".") else { return try known("text", verb) }
        let endings = renderers.filter { $0.verbs.contains(verb) }.flatMap(\.fileEndings).map { ".\($0)" }
        throw ValidationError(
            "the name '\(path)' implies no format of '\(verb.rawValue)'; end it in \(endings.joined(separator: ", ")), or give --format"
        )
    }

    private func write(_ input: RenderInput, _ options: RenderOptions, renderer: Renderer, to path: String) async throws
    {
        var options = options
        if path != "-" { options.terminal = Terminal() }
        let bytes = try await renderer.bytes(input, options, layout: Graphviz.svg)
        if path == "-" {
            try Console.shared.answer(bytes)
        } else {
            try writeAtomically(bytes, to: path)
            let report = input.report
            let size = report.map { " (\($0.nodes.count) nodes, \($0.edges.count) edges)" } ?? ""
            Console.shared.say("wrote \(path)\(input.verb == .graph ? size : "")")
        }
    }
}
