import Foundation
import SpanModel
import Testing

@testable import Rendering

/// What is printed is compared byte by byte with `Golden/`; `SPANMILL_BLESS=1` writes the files anew.
@Suite struct GoldenTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    static let cases: [(file: String, verb: RenderInput.Verb, format: String, weight: Double, options: RenderOptions)] =
        [
            ("graph.txt", .graph, "text", 1, terminal(80)),
            ("graph-wide-estimated.txt", .graph, "text", 20, terminal(120)),
            ("graph-focus.txt", .graph, "text", 1, terminal(100, GraphSelection(focus: "checkout"))),
            ("graph-narrow-ascii.txt", .graph, "text", 1, terminal(60, ascii: true)),
            ("graph-color.txt", .graph, "text", 1, terminal(80, color: true)),
            ("graph.json", .graph, "json", 20, terminal(nil)),
            ("graph.csv", .graph, "csv", 20, terminal(nil)), ("graph.dot", .graph, "dot", 20, terminal(nil)),
            ("latency.txt", .latency, "text", 1, terminal(100)),
            ("latency.json", .latency, "json", 20, terminal(nil)),
            ("latency.csv", .latency, "csv", 20, terminal(nil)),
            ("report.txt", .report, "text", 20, terminal(100)),
            ("report.json", .report, "json", 1, terminal(nil)),
            ("run.txt", .run, "text", 1, terminal(80)), ("inspect.txt", .inspect, "text", 1, terminal(80)),
            ("inspect.json", .inspect, "json", 1, terminal(nil)),
            ("sampling.txt", .sampling, "text", 1, terminal(100)),
            ("sampling.json", .sampling, "json", 1, terminal(nil)),
            ("explain.txt", .explain, "text", 1, terminal(100)), ("explain.json", .explain, "json", 1, terminal(nil)),
            ("sampling-diff.txt", .samplingDiff, "text", 1, terminal(100)),
            ("sampling-diff.json", .samplingDiff, "json", 1, terminal(nil)),
            ("sampling-history.txt", .samplingHistory, "text", 1, terminal(100)),
            ("sampling-history.json", .samplingHistory, "json", 1, terminal(nil)),
            ("backtest.txt", .backtest, "text", 1, terminal(120)),
            ("backtest.json", .backtest, "json", 1, terminal(nil)),
            ("sampling-check.txt", .samplingCheck, "text", 1, terminal(120)),
            ("sampling-check.json", .samplingCheck, "json", 1, terminal(nil)),
        ]

    static func terminal(
        _ width: Int?, _ selection: GraphSelection = GraphSelection(), ascii: Bool = false, color: Bool = false
    ) -> RenderOptions {
        RenderOptions(
            selection: selection, terminal: Terminal(width: width, isASCII: ascii, usesColor: color))
    }

    @Test("every answer has the bytes it had", arguments: cases.indices)
    func answer(_ index: Int) throws {
        let (file, verb, format, weight, options) = Self.cases[index]
        let renderer = try #require(Renderer.named(format, for: verb))
        let bytes = renderer.render(Sample.input(verb, weight: weight), options)
        let url = Self.folder.appendingPathComponent(file)
        if ProcessInfo.processInfo.environment["SPANMILL_BLESS"] == "1" {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
        let golden = try String(decoding: Data(contentsOf: url), as: UTF8.self)
        #expect(String(decoding: bytes, as: UTF8.self) == golden, "\(file); SPANMILL_BLESS=1 accepts the new text")
    }

    @Test("no line of a page is wider than the terminal", arguments: [60, 80, 100, 140])
    func width(_ width: Int) {
        for verb in [
            RenderInput.Verb.graph, .latency, .report, .sampling, .run, .samplingDiff, .samplingHistory,
            .samplingCheck,
        ] {
            let page = textPage(Sample.input(verb, weight: 20), Self.terminal(width))
            // Lines for the job file are whole, so that they can be copied.
            for line in page.split(separator: "\n") where !line.hasPrefix("      - {") {
                #expect(SafeText.width(String(line)) <= width, "\(verb): \(line)")
            }
        }
    }

    @Test("an ASCII page holds nothing but printable ASCII")
    func ascii() {
        for verb in RenderInput.Verb.allCases {
            let page = textPage(Sample.input(verb, weight: 20), Self.terminal(100, ascii: true))
            #expect(page.utf8.allSatisfy { $0 == 0x0a || (0x20...0x7e).contains($0) }, "\(page)")
        }
    }

    @Test("colour only adds: without the escapes the page is the same")
    func color() {
        for verb in RenderInput.Verb.allCases {
            let plain = textPage(Sample.input(verb), Self.terminal(90))
            let painted = textPage(Sample.input(verb), Self.terminal(90, color: true))
            #expect(painted.replacing(#/\u{1b}\[[0-9]*m/#, with: "") == plain)
        }
    }
}
