import SpanModel
import Testing

@testable import Rendering

@Suite struct SelectionTests {
    private func edges(_ selection: GraphSelection) -> [String] {
        Sample.report().selecting(selection).edges.map { "\($0.caller)>\($0.callee)" }
    }

    @Test("without a wish the report is the same")
    func everything() { #expect(Sample.report().selecting(GraphSelection()) == Sample.report()) }

    @Test("a service glob keeps edges at either end")
    func services() {
        #expect(edges(GraphSelection(services: ["pay*"])) == ["checkout>payments"])
        #expect(
            edges(GraphSelection(services: ["m?iler", "web"])) == ["checkout>mailer", "mailer>audit", "web>checkout"])
        #expect(edges(GraphSelection(services: ["nobody"])).isEmpty)
    }

    @Test("a focus keeps what leads to it and from it, each as many steps as wished")
    func focus() {
        #expect(edges(GraphSelection(focus: "mailer")) == ["checkout>mailer", "mailer>audit"])
        #expect(edges(GraphSelection(focus: "mailer", upstream: 0)) == ["mailer>audit"])
        #expect(
            edges(GraphSelection(focus: "mailer", upstream: 2, downstream: 0))
                == ["checkout>mailer", "mobile-api>checkout", "web>checkout"])
        #expect(edges(GraphSelection(focus: "audit", upstream: 9)).count == 4)
        #expect(edges(GraphSelection(focus: "nobody")).isEmpty)
    }

    @Test("rarer calls than wished are left out, and nodes that only they had")
    func minimumCalls() {
        let report = Sample.report().selecting(GraphSelection(minimumCalls: 1000))
        #expect(report.edges.allSatisfy { $0.calls >= 1000 })
        #expect(!report.nodes.contains { $0.name == "audit" })
        #expect(report.operations.count == 4)
        #expect(report.quality == Sample.report().quality)
    }

    @Test("operations are chosen by service and by name")
    func operations() {
        let report = Sample.report().selecting(GraphSelection(services: ["checkout"], operations: ["POST *"]))
        #expect(report.operations.map(\.operation) == ["POST /orders"])
    }

    @Test("a glob matches the whole name")
    func globs() {
        let cases: [(String, String, Bool)] = [
            ("*", "", true), ("", "", true), ("", "a", false), ("a*c", "abc", true), ("a*c", "abd", false),
            ("?", "é", true), ("?", "ab", false), ("*b*", "abc", true), ("a**", "a", true), ("[a]", "a", true),
            ("[a]", "[a]", false),
            ("*aab", "aaaaaab", true), ("A", "a", false),
        ]
        for (pattern, name, matches) in cases { #expect(Glob(pattern).matches(name) == matches, "\(pattern) \(name)") }
    }

    @Test("a glob made to hurt takes no time", .timeLimit(.minutes(1)))
    func hostileGlob() {
        let pattern = Glob(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 4096)))
    }
}
