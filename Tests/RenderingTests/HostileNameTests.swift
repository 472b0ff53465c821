import Foundation
import SpanModel
import Testing

@testable import Rendering

@Suite struct HostileNameTests {
    private func input(_ verb: RenderInput.Verb) -> RenderInput {
        var report = Sample.report()
        report.nodes = hostileNames.map { Node(name: $0, kind: .service, callsIn: 3, callsOut: 3) }
        report.edges = hostileNames.flatMap { name in
            [
                Sample.edge(name, "b", calls: 3, milliseconds: 5),
                Sample.edge("b", name, .external, .peerService, calls: 3, errors: 1, milliseconds: 5),
            ]
        }
        report.operations = hostileNames.map {
            Sample.operation($0, $0, .server, count: 3, milliseconds: 5)
        }
        report.findings = hostileNames.map { Finding(reason: .unnamed, service: $0, count: 1, exemplars: []) }
        return RenderInput(verb, version: "0", report: report, strategies: Sample.strategies)
    }

    @Test("a page never obeys a name: no control or direction character reaches the terminal")
    func pages() {
        for verb in [RenderInput.Verb.graph, .latency, .report] {
            let page = textPage(input(verb), GoldenTests.terminal(100))
            #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isUnsafeToShow })
            for line in page.split(separator: "\n") { #expect(SafeText.width(String(line)) <= 100, "\(line)") }
        }
    }

    @Test("documents hold the names as recorded")
    func documents() throws {
        let bytes = jsonDocument(input(.graph), RenderOptions())
        let document = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let nodes = try #require(document["nodes"] as? [[String: Any]])
        #expect(nodes.compactMap { $0["name"] as? String } == hostileNames)
    }

    @Test("comma separated values read back as recorded")
    func commaSeparatedValues() {
        let text = commaSeparated(input(.graph), RenderOptions())
        let rows = Self.rows(text)
        #expect(rows.allSatisfy { $0.count == rows.first?.count })
        #expect(
            rows.dropFirst().filter { $0[1] == "b" }.map { $0[0] }.prefix(hostileNames.count).elementsEqual(
                hostileNames))
    }

    /// A reader of RFC 4180 of its own.
    private static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = String.UnicodeScalarView()
        var isQuoted = false
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"" where isQuoted && scalars.first == "\"":
                field.append("\"")
                scalars.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                row.append(String(field))
                field = String.UnicodeScalarView()
            case "\n" where !isQuoted:
                rows.append(row + [String(field)])
                row = []
                field = String.UnicodeScalarView()
            default: field.append(scalar)
            }
        }
        return rows
    }

    @Test(
        "Graphviz draws the graph, and shows names as they are",
        .enabled(if: Dot.path != nil, "dot is not installed"))
    func drawing() throws {
        let svg = try Dot.svg(dotDrawing(input(.graph), RenderOptions()))
        for text in [
            "quote&quot; and", "{record|&lt;port&gt; field}", "&lt;b&gt;html&lt;/b&gt; &amp;amp; &amp;lt;", "\\N\\G\\l",
        ] {
            #expect(svg.contains(text), "\(text)")
        }
        #expect(svg.components(separatedBy: "class=\"node\"").count - 1 == hostileNames.count + 1)
        #expect(svg.components(separatedBy: "class=\"edge\"").count - 1 == 2 * hostileNames.count)
    }

    @Test("Graphviz draws the sample", .enabled(if: Dot.path != nil, "dot is not installed"))
    func sample() throws {
        let svg = try Dot.svg(dotDrawing(Sample.input(.graph), RenderOptions()))
        #expect(svg.components(separatedBy: "class=\"edge\"").count - 1 == Sample.report().edges.count)
    }
}

/// Graphviz, where installed.
enum Dot {
    static let path = ["/usr/bin/dot", "/usr/local/bin/dot", "/opt/homebrew/bin/dot"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static func svg(_ drawing: String) throws -> String {
        let source = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).dot")
        defer { try? FileManager.default.removeItem(at: source) }
        try Data(drawing.utf8).write(to: source)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments = ["-Tsvg", source.path]
        let output = Pipe()
        let complaints = Pipe()
        process.standardOutput = output
        process.standardError = complaints
        try process.run()
        let svg = output.fileHandleForReading.readDataToEndOfFile()
        let warnings = complaints.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(warnings.isEmpty, "\(String(decoding: warnings, as: UTF8.self))")
        return String(decoding: svg, as: UTF8.self)
    }
}
