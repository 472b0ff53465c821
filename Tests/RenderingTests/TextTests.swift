import SpanModel
import Testing

@testable import Rendering

@Suite struct TextTests {
    @Test("durations have three significant digits and a unit")
    func durations() {
        let cases: [(UInt64, String)] = [
            (0, "0 ns"), (812, "812 ns"), (4120, "4.12 µs"), (999_499, "999 µs"), (999_500, "1.00 ms"),
            (148_000_000, "148 ms"), (2_100_000_000, "2.10 s"), (59_949_999_999, "59.9 s"),
            (90_000_000_000, "1.50 min"),
            (7_200_000_000_000, "2.00 h"), (.max, "5,124,096 h"),
        ]
        for (nanoseconds, text) in cases { #expect(Quantity.duration(nanoseconds) == text) }
    }

    @Test("a share is 0 or 100 percent only when it is")
    func shares() {
        #expect(Quantity.share(0, of: 9) == "0 %")
        #expect(Quantity.share(1, of: 1_000_000) == "<0.1 %")
        #expect(Quantity.share(4, of: 1000) == "0.4 %")
        #expect(Quantity.share(999_999, of: 1_000_000) == "99.9 %")
        #expect(Quantity.share(9, of: 9) == "100 %")
        #expect(Quantity.share(0, of: 0) == nil)
    }

    @Test("counts are grouped, estimates rounded to what they know")
    func counts() {
        #expect(Quantity.count(18_204_551) == "18,204,551")
        #expect(Quantity.count(-1234) == "-1,234")
        #expect(Quantity.count(UInt64(1), "edge") == "1 edge")
        #expect(Quantity.estimate(111_960) == "~112,000")
        #expect(Quantity.estimate(20) == "~20")
        #expect(Quantity.estimate(.infinity) == "~-")
        #expect(Quantity.bytes(4_100_000_000) == "4.10 GB")
        #expect(Quantity.bytes(.max) == "18.4 EB")
    }

    @Test("rates choose the unit that needs no zeros")
    func rates() {
        #expect(Quantity.rate(9_676_800, in: Nanoseconds.day) == "112/s")
        #expect(Quantity.rate(1440, in: Nanoseconds.day) == "1.00/min")
        #expect(Quantity.rate(3, in: Nanoseconds.hour) == "3.00/h")
        #expect(Quantity.rate(1, in: Nanoseconds.day) == "1.00/d")
        #expect(Quantity.rate(0, in: Nanoseconds.day) == "0/s")
        #expect(Quantity.rate(1, in: 0) == nil)
    }

    @Test("the strip stands at its percentiles, on the scale of all rows")
    func strip() throws {
        let page = TextPage(Terminal(isASCII: true))
        let sketches = [Sample.sketch(100, 1), Sample.sketch(100, 100), LatencySketch()]
        let strip = try #require(PercentileStrip(sketches))
        #expect(strip.bar(sketches[0], on: page) == "o====|")
        #expect(strip.bar(sketches[1], on: page) == "              o====|")
        #expect(strip.bar(sketches[2], on: page).isEmpty)
        #expect(PercentileStrip([sketches[0]]) == nil)
    }

    @Test("a probability keeps three digits however small")
    func probabilities() {
        #expect(Quantity.significant(0.015) == "0.0150")
        #expect(Quantity.significant(0.00001) == "0.0000100")
        #expect(Quantity.significant(1) == "1.00")
        #expect(Quantity.significant(0) == "0")
    }

    @Test("a window of one day ends at 24:00; others name both days")
    func windows() {
        #expect(Quantity.window(Sample.day) == "2026-03-01 00:00 – 24:00 UTC")
        let hour = Window(
            startNanoseconds: Sample.day.startNanoseconds,
            endNanoseconds: Sample.day.startNanoseconds + Nanoseconds.hour)
        #expect(Quantity.window(hour) == "2026-03-01 00:00 – 01:00 UTC")
        let two = Window(
            startNanoseconds: Sample.day.startNanoseconds, endNanoseconds: Sample.day.endNanoseconds + Nanoseconds.hour)
        #expect(Quantity.window(two) == "2026-03-01 00:00 – 2026-03-02 01:00 UTC")
    }

    @Test("names are shortened in the middle, by columns and not by characters")
    func shortening() {
        #expect(SafeText.shortened("checkout-service", to: 9) == "chec…vice")
        #expect(SafeText.shortened("checkout-service", to: 9, ascii: true) == "che...ice")
        #expect(SafeText.width("日本") == 4)
        #expect(SafeText.width("e\u{301}") == 1)
        #expect(SafeText.width("👩‍👩‍👧") == 2)
        for limit in 0...12 { #expect(SafeText.width(SafeText.shortened("日本語サービス", to: limit)) <= limit) }
    }

    @Test("widths found by scalars are those of the characters")
    func plainWidths() {
        for value in Array(UInt32(0x20)...0x24f) + Array(0x2000...0x2030) + Array(0x2500...0x25ff) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let character = Character(scalar)
            // Beside itself, too: nothing joins.
            let pair = String([character, character])
            #expect(SafeText.width(pair) == pair.reduce(0) { $0 + SafeText.width($1) } || scalar.isASCII)
            #expect(SafeText.width(Array(pair.utf8)[...]) == SafeText.width(pair))
        }
    }

    @Test("edges that have figures are shown as those that have sketches", arguments: ["text", "json", "csv", "dot"])
    func figures(format: String) throws {
        for verb in [RenderInput.Verb.graph, .report] {
            guard let renderer = Renderer.named(format, for: verb) else { continue }
            for order in [nil] + RenderOptions.Order.allCases.map(Optional.some) {
                var input = Sample.input(verb, weight: 20)
                let whole = renderer.render(input, RenderOptions(order: order))
                for index in input.report?.edges.indices ?? 0..<0 {
                    guard let edge = input.report?.edges[index] else { continue }
                    input.report?.edges[index].figures = EdgeFigures(
                        client: edge.client.figures, server: edge.server.figures)
                    input.report?.edges[index].client = LatencySketch()
                    input.report?.edges[index].server = LatencySketch()
                }
                #expect(renderer.render(input, RenderOptions(order: order)) == whole)
            }
        }
    }

    @Test("an empty graph says what was read, from when, and what stood in the way")
    func emptyGraph() {
        var report = Sample.report()
        report.edges = []
        let page = textPage(RenderInput(.graph, version: "0", report: report), RenderOptions())
        for text in [
            "no edges", "44 archives", "18,204,551 spans", "2026-03-01", "72,818 spans whose parent", "spans_orphan",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        let nothing = textPage(
            RenderInput(.graph, version: "0", report: Report(window: Sample.day, rules: "otlp")), RenderOptions())
        #expect(nothing.contains("no archive was read"))
        let unknown = textPage(
            Sample.input(.graph), RenderOptions(selection: GraphSelection(focus: "chekout")))
        #expect(unknown.contains("7 edges") && unknown.contains("no node chekout"))
    }

    @Test("an estimate is shown only where it says more than the count")
    func estimates() {
        #expect(!textPage(Sample.input(.graph), RenderOptions()).contains("~"))
        let page = textPage(Sample.input(.graph, weight: 20), RenderOptions())
        #expect(page.contains("~30,000") && page.contains("estimated"))
    }

    @Test("a renderer is found by its name or by the ending of a file, if it serves the verb")
    func registry() {
        #expect(Renderer.writing("out/services.SVG", for: .graph)?.format == "svg")
        #expect(Renderer.writing("a.b/c", for: .graph) == nil)
        #expect(Renderer.writing("x.csv", for: .inspect) == nil)
        #expect(Renderer.named("dot", for: .latency) == nil)
        #expect(Set(renderers.map(\.format)).count == renderers.count)
        for verb in RenderInput.Verb.allCases { #expect(Renderer.named("text", for: verb) != nil) }
    }

    @Test("before the first version there was nothing: a difference to it lists everything as new")
    func firstVersion() {
        let difference = StrategyDifference(from: nil, to: Sample.strategies)
        let listed = Sample.strategies.services.reduce(1) { $0 + 1 + $1.operations.count }
        #expect(difference.changes.count == listed && difference.unchanged == 0)
        #expect(difference.changes.allSatisfy { $0.before == nil && $0.word == "new" })
        let input = RenderInput(.samplingDiff, version: "0", sampling: .difference(difference))
        let page = textPage(input, RenderOptions())
        #expect(page.contains("nothing: no version was in force before"))
        let document = String(decoding: jsonDocument(input, RenderOptions()), as: UTF8.self)
        #expect(document.contains(#""base": {"version_id": null, "published_at": null}"#))
    }

    @Test("nothing to show is said, never a crash", arguments: RenderInput.Verb.allCases)
    func nothing(_ verb: RenderInput.Verb) {
        for renderer in renderers where renderer.verbs.contains(verb) {
            #expect(!renderer.render(RenderInput(verb, version: "0"), RenderOptions()).isEmpty)
        }
    }
}
