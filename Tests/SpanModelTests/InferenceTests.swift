import SpanModel
import Testing

/// Traces of a day, and a ratio sampler that chooses among them.
private struct IDSource {
    enum Shape { case random, random63, epochPrefixed, uuid, narrow(bits: Int) }

    var random: SeededGenerator
    var shape = Shape.random

    init(_ seed: UInt64, _ shape: Shape = .random) {
        random = SeededGenerator(seed)
        self.shape = shape
    }

    mutating func next() -> TraceID {
        let (high, low) = (random.next(), random.next())
        return switch shape {
        case .random: TraceID(high: high, low: low)
        case .random63: TraceID(high: 0, low: low >> 1)
        case .epochPrefixed: TraceID(high: 0x6925_0000 << 32 | high >> 32 | (high & 0xffff) << 32, low: low)
        case .uuid: TraceID(high: high & ~0xf000 | 0x4000, low: low >> 2 | 1 << 63)
        case .narrow(let bits): TraceID(high: 0, low: low >> UInt64(64 - bits))
        }
    }

    /// An id that the sampler keeps.
    mutating func sampled(_ family: TraceIDFamily, _ probability: Double) -> TraceID {
        while true {
            let id = next()
            if Double(family.fraction(of: id)) < probability * 0x1p64 { return id }
        }
    }
}

private let midnight: UInt64 = 1_760_000_400 / 86400 * 86400 * 1_000_000_000

@Suite struct InferenceTests {
    private func sample(
        _ count: Int, _ family: TraceIDFamily, _ probability: Double, _ source: inout IDSource
    ) -> TraceIDSample {
        var sample = TraceIDSample()
        for index in 0..<count {
            let id = source.sampled(family, probability)
            sample.add(id, startNanoseconds: midnight + UInt64(index % 24) * Nanoseconds.hour)
        }
        return sample
    }

    @Test("the family is found and the interval of 95 % holds the probability", arguments: TraceIDFamily.allCases)
    func families(family: TraceIDFamily) throws {
        var source = IDSource(UInt64(family.rawValue))
        for (count, probability) in [(10, 0.1), (30, 0.3), (100, 0.3), (200, 0.05), (700, 0.5)] {
            var (hits, runs, error) = (0, 0, 0.0)
            for _ in 0..<100 {
                guard let answer = sample(count, family, probability, &source).inference()?.overall else { continue }
                guard answer.family == family else { continue }
                runs += 1
                if answer.interval.low <= probability, probability <= answer.interval.high { hits += 1 }
                error += abs(answer.probability / probability - 1)
            }
            #expect(runs >= 98, "\(count) traces at \(probability)")
            #expect(hits >= runs * 87 / 100, "\(count) traces at \(probability)")
            #expect(error / Double(runs) < 1.5 / Double(count))
        }
    }

    @Test("the estimate is as good as it can be: 95 of 100 intervals hold, ten traces err by 6 % in the middle")
    func accuracy() throws {
        var source = IDSource(7)
        for (count, middle) in [(10, 0.075), (30, 0.025), (100, 0.0075)] {
            var errors: [Double] = []
            var hits = 0
            for _ in 0..<2000 {
                let answer = try #require(sample(count, .low64, 0.1, &source).inference()).overall
                errors.append(abs(answer.probability / 0.1 - 1))
                if answer.interval.low <= 0.1, 0.1 <= answer.interval.high { hits += 1 }
            }
            #expect(errors.sorted()[1000] < middle)
            #expect((1860...1940).contains(hits), "\(count) traces: \(hits) of 2000")
        }
    }

    @Test("a service that keeps everything is said to, and never to sample", arguments: [10, 40, 127, 129, 300, 3000])
    func unsampled(count: Int) throws {
        var source = IDSource(UInt64(count))
        var (answers, runs) = (0, max(40, 4000 / count))
        for _ in 0..<runs {
            let inference = sample(count, .low64, 1, &source).inference()
            guard let inference else { continue }
            answers += 1
            #expect(inference.overall.isUnsampled)
            #expect(inference.overall.probability == 1 && inference.stretches.isEmpty)
            #expect(inference.weight(of: source.next(), startNanoseconds: midnight) == .one)
        }
        runs = runs * 9 / 10
        #expect(answers >= runs)
    }

    @Test("ids that are no random numbers give no answer, or that of their random part")
    func patterns() throws {
        var counted = TraceIDSample()
        for index in 1...1000 { counted.add(TraceID(high: 0, low: UInt64(index)), startNanoseconds: midnight) }
        #expect(counted.inference()?.overall.isUnsampled ?? true)
        for bits in [8, 12, 16, 20, 32, 44] {
            for count in [12, 60, 500] {
                var narrow = IDSource(UInt64(bits), .narrow(bits: bits))
                let all = sample(count, .low64, 1, &narrow).inference()
                #expect(all?.overall.isUnsampled ?? true, "\(bits) bits, \(count) traces: \(String(describing: all))")
            }
        }
        for shape in [IDSource.Shape.random63, .epochPrefixed, .uuid] {
            for count in [12, 60, 500, 5000] {
                var source = IDSource(UInt64(count), shape)
                let all = sample(count, .low63, 1, &source).inference()
                #expect(all?.overall.isUnsampled ?? true, "\(shape), \(count) traces: \(String(describing: all))")
            }
        }
        var jaeger = IDSource(2, .random63)
        let go = try #require(sample(300, .low63, 0.3, &jaeger).inference()).overall
        #expect(go.family == .low63 && abs(go.probability - 0.3) < 0.01)
        var xray = IDSource(3, .epochPrefixed)
        let aws = try #require(sample(300, .low64, 0.3, &xray).inference()).overall
        #expect(aws.family == .low64 && abs(aws.probability - 0.3) < 0.01, "\(aws)")
        var uuid = IDSource(4, .uuid)
        let threshold = try #require(sample(300, .randomness56, 0.3, &uuid).inference()).overall
        #expect(threshold.family == .randomness56 && abs(threshold.probability - 0.3) < 0.01)
    }

    @Test("OpenTelemetry PHP's older sampler: the last fifteen digits of the id below p · (2⁶⁰ − 1)")
    func lastFifteenDigits() throws {
        for (id, fraction) in [
            (TraceID(high: .max, low: 0x7fff_ffff_ffff_ffff), 1.0), (TraceID(high: 0, low: 0xf800_0000_0000_0000), 0.5),
            (TraceID(high: 9, low: 0xf000_0000_0000_0000), 0), (TraceID(high: 0, low: 0x0400_0000_0000_0000), 0.25),
        ] {
            #expect(abs(Double(TraceIDFamily.low60.fraction(of: id)) * 0x1p-64 - fraction) < 1e-15)
        }
        for shape in [IDSource.Shape.random, .random63, .uuid, .epochPrefixed] {
            var source = IDSource(6, shape)
            let php = try #require(sample(300, .low60, 0.03, &source).inference()).overall
            #expect(php.family == .low60 && abs(php.probability - 0.03) < 0.001, "\(shape): \(php)")
            // Small ratios of wider functions leave few of the narrower one's numbers too, and are not mistaken for it.
            let go = try #require(sample(300, .randomness56, 0.03, &source).inference()).overall
            #expect(go.family == .randomness56, "\(shape): \(go)")
        }
        var jaeger = IDSource(8, .random63)
        let narrow = try #require(sample(300, .low63, 0.03, &jaeger).inference()).overall
        #expect(narrow.family == .low63 && abs(narrow.probability - 0.03) < 0.001, "\(narrow)")
    }

    @Test("fewer than ten traces, or two kinds of sampler at once, give no answer")
    func noAnswer() {
        var source = IDSource(5)
        #expect(TraceIDSample().inference() == nil)
        #expect(sample(9, .low64, 0.001, &source).inference() == nil)
        var mixed = sample(1000, .low64, 0.05, &source)
        mixed.merge(sample(1000, .high64, 0.05, &source))
        #expect(mixed.inference() == nil)
    }

    @Test("forced traces are told from the others and weigh nothing", arguments: [(25, 1), (100, 1), (2000, 30)])
    func forced(count: Int, forced: Int) throws {
        var source = IDSource(UInt64(count))
        var found = 0
        for _ in 0..<50 {
            var mixed = sample(count, .low64, 0.02, &source)
            var outsiders: [TraceID] = []
            while outsiders.count < forced {
                let id = source.next()
                guard id.low > 1 << 60 else { continue }
                outsiders.append(id)
                mixed.add(id, startNanoseconds: midnight)
            }
            let inference = try #require(mixed.inference())
            if inference.overall.forced == UInt64(forced) { found += 1 }
            #expect(abs(inference.overall.probability / 0.02 - 1) < 12 / Double(count))
            for id in outsiders { #expect(inference.weight(of: id, startNanoseconds: midnight).units == 0) }
        }
        #expect(found >= 45)
    }

    @Test(
        "a probability that changes within the day, with a minute in between, costs no accuracy",
        arguments: [(0.1, 0.01, 2.5), (0.01, 0.1, 2.5), (0.2, 0.1, 13.1), (0.04, 0.05, 20.0), (1, 0.02, 0.5)])
    func change(before: Double, after: Double, atHour: Double) throws {
        var source = IDSource(UInt64(atHour * 10))
        let truth = 100_000
        var sum = 0.0
        for _ in 0..<10 {
            var sample = TraceIDSample()
            var kept: [(TraceID, UInt64)] = []
            for index in 0..<truth {
                let hour = 24 * Double(index) / Double(truth)
                let share = min(max((hour - atHour) * 60, 0), 1)
                let isNew = Double.random(in: 0..<1, using: &source.random) < share
                let id = source.next()
                guard Double(id.low) * 0x1p-64 < (isNew ? after : before) else { continue }
                let start = midnight + UInt64(hour * 3600e9)
                sample.add(id, startNanoseconds: start)
                kept.append((id, start))
            }
            let inference = try #require(sample.inference())
            #expect(inference.overall.family == .low64)
            sum += kept.reduce(0) { $0 + inference.weight(of: $1.0, startNanoseconds: $1.1).value }
        }
        #expect(abs(sum / Double(10 * truth) - 1) < 0.02, "\(sum / Double(10 * truth))")
    }

    @Test("where probability does not change, no change is seen", arguments: [50, 500, 5000])
    func noChange(count: Int) throws {
        var source = IDSource(UInt64(count))
        for _ in 0..<20 {
            let inference = try #require(sample(count, .signedLow64, 0.1, &source).inference())
            #expect(inference.stretches.count == 1)
        }
    }
}

@Suite struct TraceIDSampleTests {
    @Test(
        "any partition merged in any order gives equal bytes, and bytes read back", arguments: [3, 100, 128, 129, 900])
    func merging(count: Int) throws {
        var random = SeededGenerator(UInt64(count))
        let traces = (0..<count).map { _ in
            let hour = UInt64.random(in: 0..<300, using: &random)
            return (TraceID(high: random.next(), low: random.next()), midnight + hour * Nanoseconds.hour)
        }
        // Some come twice.
        let all = traces + traces.prefix(count / 10)
        func value(_ part: some Sequence<(TraceID, UInt64)>) -> TraceIDSample {
            var sample = TraceIDSample()
            for (id, start) in part { sample.add(id, startNanoseconds: start) }
            return sample
        }
        let whole = value(all)
        for _ in 0..<10 {
            let shuffled = all.shuffled(using: &random)
            let first = Int.random(in: 0...all.count, using: &random)
            let second = Int.random(in: first...all.count, using: &random)
            let parts = [shuffled[..<first], shuffled[first..<second], shuffled[second...]].map { value($0) }
            var left = parts[0]
            left.merge(parts[1])
            left.merge(parts[2])
            var right = parts[2]
            right.merge(parts[1])
            right.merge(parts[0])
            #expect(left == whole && right == whole)
            #expect(Self.bytes(left) == Self.bytes(whole))
        }
        if count <= 128 { #expect(whole.traces == UInt64(count)) }
        var reader = VarintReader(Self.bytes(whole))
        #expect(try TraceIDSample(decoding: &reader) == whole)
        #expect(reader.isAtEnd)
    }

    @Test("bytes that end early or were altered are errors, never traps", arguments: [5, 400])
    func damage(count: Int) {
        var random = SeededGenerator(9)
        var sample = TraceIDSample()
        for _ in 0..<count {
            sample.add(TraceID(high: random.next(), low: random.next()), startNanoseconds: random.next() >> 4)
        }
        let bytes = Self.bytes(sample)
        for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200)) {
            var reader = VarintReader(Array(bytes[..<end]))
            #expect(throws: VarintReader.Failure.self) { try TraceIDSample(decoding: &reader) }
        }
        for _ in 0..<500 {
            var altered = bytes
            altered[Int.random(in: altered.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            var reader = VarintReader(altered)
            _ = try? TraceIDSample(decoding: &reader).inference()
        }
    }

    @Test("memory is small for few traces and bounded for many")
    func memory() {
        var random = SeededGenerator(10)
        var sample = TraceIDSample()
        sample.add(TraceID(high: 1, low: 1), startNanoseconds: 0)
        #expect(sample.memoryBytes <= 128)
        for _ in 0..<100_000 {
            sample.add(TraceID(high: random.next(), low: random.next()), startNanoseconds: random.next() >> 1)
        }
        #expect(sample.memoryBytes < 200_000)
    }

    private static func bytes(_ sample: TraceIDSample) -> [UInt8] {
        var writer = VarintWriter()
        sample.encode(into: &writer)
        return writer.bytes
    }
}
