import SpanModel
import Testing

@Suite struct LedgerExcerptTests {
    private let second = Nanoseconds.second
    private let ledger = LedgerExcerpt(
        [
            .init(service: nil, operation: nil, publishedNanoseconds: 1000 * Nanoseconds.second, probability: 0.01),
            .init(service: "shop", operation: nil, publishedNanoseconds: 1000 * Nanoseconds.second, probability: 0.1),
            .init(service: "shop", operation: "buy", publishedNanoseconds: 1000 * Nanoseconds.second, probability: 0.5),
            .init(service: "shop", operation: "buy", publishedNanoseconds: 5000 * Nanoseconds.second, probability: 0.3),
            .init(service: "shop", operation: "buy", publishedNanoseconds: 9000 * Nanoseconds.second, probability: nil),
        ], aliases: [.init(service: "shop", seen: "POST /buy", published: "buy")])

    private func probability(_ operation: String, at seconds: UInt64, service: String = "shop") -> Double? {
        ledger.probability(service: service, operation: operation, atNanoseconds: seconds * second)
    }

    @Test("an operation that is not listed falls back to its service, and a service to all")
    func fallback() {
        #expect(probability("buy", at: 2000) == 0.5)
        #expect(probability("look", at: 2000) == 0.1)
        #expect(probability("look", at: 2000, service: "bank") == 0.01)
        #expect(probability("buy", at: 10_000) == 0.1, "named no longer")
        #expect(probability("POST /buy", at: 2000) == 0.5, "by its alias")
    }

    @Test("a new probability takes hold evenly over the minute in which tracers poll")
    func ramp() throws {
        #expect(probability("buy", at: 4999) == 0.5)
        #expect(probability("buy", at: 5000) == 0.5)
        #expect(abs(try #require(probability("buy", at: 5015)) - 0.45) < 1e-12)
        #expect(abs(try #require(probability("buy", at: 5030)) - 0.4) < 1e-12)
        #expect(probability("buy", at: 5060) == 0.3)
        #expect(abs(try #require(probability("buy", at: 9030)) - 0.2) < 1e-12, "to the service's default")
    }

    @Test("before the first publication, and while tracers have not heard of it, nothing is known")
    func unknown() {
        #expect(probability("buy", at: 999) == nil)
        #expect(probability("buy", at: 1030) == nil)
        #expect(probability("buy", at: 1060) == 0.5)
        #expect(LedgerExcerpt().probability(service: "shop", operation: "buy", atNanoseconds: 5) == nil)
    }

    @Test("publishing the same again changes nothing")
    func repeated() {
        let lines: [LedgerExcerpt.Line] = [1, 2, 3].map {
            .init(service: "a", operation: "b", publishedNanoseconds: $0 * 1000 * second, probability: 0.2)
        }
        let timeline = LedgerExcerpt(lines).timeline(service: "a", operation: "b")
        #expect(timeline.steps == [.init(nanoseconds: 1000 * second, probability: 0.2)])
        #expect(timeline.probability(atNanoseconds: 2010 * second) == 0.2)
    }

    @Test("the mean of a window counts the minute of change")
    func mean() throws {
        let timeline = ledger.timeline(service: "shop", operation: "buy")
        let window = Window(startNanoseconds: 4000 * second, endNanoseconds: 6000 * second)
        let expected = (0.5 * 1000 + 0.4 * 60 + 0.3 * 940) / 2000
        #expect(abs(try #require(timeline.mean(in: window)) - expected) < 1e-12)
        #expect(timeline.mean(in: Window(startNanoseconds: 0, endNanoseconds: 6000 * second)) == nil)
    }
}
