import SpanModel
import Testing

@testable import ReportStore

@Suite struct HourBlobTests {
    private func hours(_ count: Int, samples: Int) -> [HourBlob.Hour] {
        var dice = Dice(UInt64(count))
        return (0..<count).map { hour in
            var latency = LatencySketch()
            for _ in 0..<samples { latency.add(1_000_000 + dice.roll(9_000_000)) }
            return HourBlob.Hour(492_000 + UInt32(hour), UInt64(samples), dice.roll(5), latency)
        }
    }

    private func expectEqual(_ found: [HourBlob.Hour], _ expected: [HourBlob.Hour]) {
        #expect(found.map(\.hour) == expected.map(\.hour) && found.map(\.count) == expected.map(\.count))
        #expect(found.map(\.errors) == expected.map(\.errors) && found.map(\.latency) == expected.map(\.latency))
    }

    @Test("hours come back from their bytes, few or many", arguments: [1, 2, 24, 744], [0, 1, 300])
    func roundTrip(count: Int, samples: Int) throws {
        let blob = HourBlob()
        let hours = hours(count, samples: samples)
        // The second time with the encoder and the decoder of the first.
        for _ in 0..<2 { expectEqual(try blob.decode(blob.encode(hours)), hours) }
    }

    @Test("many hours are compressed, a few samples are not made longer")
    func shorter() throws {
        let blob = HourBlob()
        #expect(try blob.encode(hours(1, samples: 1))[0] == 1)
        let many = hours(24, samples: 300)
        let bytes = try blob.encode(many)
        let alone = many.reduce(0) { $0 + $1.latency.encoded().count }
        #expect(bytes[0] == 2 && bytes.count < alone * 3 / 4)
    }

    @Test("damaged bytes are an error or other hours, never a crash")
    func damage() throws {
        let blob = HourBlob()
        var dice = Dice(9)
        for bytes in [try blob.encode(hours(24, samples: 50)), try blob.encode(hours(1, samples: 1))] {
            for length in bytes.indices {
                #expect(throws: StoreError.self) { try blob.decode(Array(bytes[..<length])) }
            }
            for _ in 0..<2000 {
                var broken = bytes
                for _ in 0..<3 { broken[Int(dice.roll(UInt64(bytes.count)))] = UInt8(dice.roll(256)) }
                do { _ = try blob.decode(broken) } catch { #expect(error is StoreError) }
            }
        }
        #expect(throws: StoreError.self) { try blob.decode([3, 0]) }
    }
}
