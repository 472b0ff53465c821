import Foundation
import Glibc
import SpanModel
import Testing

@testable import Sampling

/// The numeric cases of the allocator, kept beside the checkout.
private enum Vectors {
    static let path: String = {
        if let shared = ProcessInfo.processInfo.environment["SPANMILL_SHARED"] {
            return shared + "/cases/allocator.json"
        }
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return root.deletingLastPathComponent().appendingPathComponent("shared/cases/allocator.json").path
    }()
    static let areAvailable = FileManager.default.isReadableFile(atPath: path)

    static func cases(_ kind: String) throws -> [Case] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let cases = try #require(document["cases"] as? [[String: Any]])
        let found = cases.filter { $0["kind"] as? String == kind }.map(Case.init)
        try #require(!found.isEmpty)
        return found
    }
}

private struct Case {
    var name: String
    var input: [String: Any]
    var expect: [String: Any]

    init(_ object: [String: Any]) {
        name = object["name"] as? String ?? ""
        input = object["input"] as? [String: Any] ?? [:]
        expect = object["expect"] as? [String: Any] ?? [:]
    }

    func number(_ key: String) throws -> Double { try #require(input[key] as? Double, "\(name): \(key)") }
    func numbers(_ key: String) throws -> [Double] { try #require(input[key] as? [Double], "\(name): \(key)") }
    func expected(_ key: String) throws -> Double { try #require(expect[key] as? Double, "\(name): \(key)") }
    func expectedNumbers(_ key: String) throws -> [Double] { try #require(expect[key] as? [Double]) }
}

private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(a - b) <= tolerance * max(abs(b), 1e-3)
}

@Suite(.enabled(if: Vectors.areAvailable, "the shared cases are not beside the checkout"))
struct VectorTests {
    @Test("tail coefficients and normal quantiles are those of the vectors")
    func tail() throws {
        for each in try Vectors.cases("tailCoeff") {
            let q = try each.number("q")
            #expect(isClose(tailCoefficient(q), try each.expected("kappa")), "\(each.name)")
            #expect(isClose(normalQuantile(q), try each.expected("z")), "\(each.name)")
        }
    }

    @Test("variance coefficients are those of the vectors")
    func variance() throws {
        for each in try Vectors.cases("varianceCoeff") {
            let a = varianceCoefficient(
                sigma: try each.number("sigma"), errors: try each.number("errors"),
                samples: try each.number("samples"))
            #expect(isClose(a, try each.expected("a")), "\(each.name)")
        }
    }

    @Test("upper limits of Poisson means are those of the vectors")
    func poisson() throws {
        for each in try Vectors.cases("poissonUpper") {
            let limit = poissonUpperLimit(
                Int(try each.number("n")), confidence: try each.number("confidence"))
            #expect(isClose(limit, try each.expected("upper")), "\(each.name)")
        }
    }

    @Test("water-fills are those of the vectors")
    func fill() throws {
        for each in try Vectors.cases("waterFill") {
            let cost = try each.numbers("k")
            let fill = waterFill(
                cost: cost, gain: try each.numbers("g"), minimum: try each.numbers("lo"),
                maximum: try each.numbers("hi"), budget: try each.number("budget"))
            for (p, wanted) in zip(fill.probabilities, try each.expectedNumbers("p")) {
                #expect(isClose(p, wanted), "\(each.name)")
            }
            #expect(fill.status.rawValue == each.expect["status"] as? String, "\(each.name)")
            if let level = each.expect["theta"] as? Double {
                #expect(isClose(fill.level, level), "\(each.name)")
            } else {
                #expect(fill.level == .infinity)
            }
            #expect(isClose(total(cost, fill.probabilities), try each.expected("cost")), "\(each.name)")
        }
    }

    @Test("allocations are those of the vectors")
    func allocations() throws {
        for each in try Vectors.cases("allocate") {
            let operations = try #require(each.input["ops"] as? [[String: Double]]).map {
                AllocationOperation(
                    rate: $0["lam"] ?? 0, cost: $0["spans"] ?? 1, variance: $0["a"] ?? 1, utility: $0["u"] ?? 1,
                    previousProbability: $0["pOld"], upperRate: $0["lamUpper"])
            }
            let settings = settings(try #require(each.input["config"] as? [String: Double]))
            let found = allocate(
                operations, budget: try each.number("budgetSpansPerSecond"), settings: settings)
            for (p, wanted) in zip(found.probabilities, try each.expectedNumbers("p")) {
                #expect(isClose(p, wanted), "\(each.name): \(p)")
            }
            #expect(found.status.rawValue == each.expect["status"] as? String, "\(each.name)")
            #expect(Double(found.frozen.count { $0 }) == (try each.expected("frozen")), "\(each.name)")
            #expect(isClose(found.floorTracesPerDay, try each.expected("floorTraces")), "\(each.name)")
            if let level = each.expect["theta"] as? Double { #expect(isClose(found.level, level), "\(each.name)") }
        }
    }

    private func settings(_ config: [String: Double]) -> AllocationSettings {
        var settings = AllocationSettings()
        settings.alpha = config["alpha"] ?? settings.alpha
        settings.floorTracesPerDay = config["mMin"] ?? settings.floorTracesPerDay
        settings.minimumProbability = config["pMin"] ?? settings.minimumProbability
        settings.deadBand = config["deadBand"].map { exp($0) - 1 } ?? settings.deadBand
        for key in config.keys { #expect(["alpha", "mMin", "pMin", "deadBand"].contains(key)) }
        return settings
    }

    @Test("allocations of a day by hours are those of the vectors")
    func days() throws {
        for each in try Vectors.cases("allocateDay") {
            let rates = try #require(each.input["lam"] as? [[Double]])
            let (spans, bytes) = (try each.numbers("spans"), try each.numbers("bytes"))
            let (gains, low, high) = (try each.numbers("ua"), try each.numbers("lo"), try each.numbers("hi"))
            let operations = rates.indices.map {
                DayOperation(
                    rates: rates[$0], spansPerTrace: spans[$0], bytesPerTrace: bytes[$0], gain: gains[$0],
                    minimum: low[$0], maximum: high[$0])
            }
            let found = allocateDay(
                operations, spansPerSecond: try each.numbers("spansPerSecond"),
                bytesPerDay: try each.number("bytesPerDay"), alpha: try each.number("alpha"),
                secondsPerHour: try each.number("secondsPerHour"))
            let wanted = try #require(each.expect["p"] as? [[Double]])
            for (row, wantedRow) in zip(found.probabilities, wanted) {
                for (p, other) in zip(row, wantedRow) { #expect(isClose(p, other, 1e-6), "\(each.name)") }
            }
            #expect(isClose(found.bytesPerDay, try each.expected("bytes"), 1e-6), "\(each.name)")
        }
    }

    @Test("quantised probabilities and their thresholds are those of the vectors")
    func quantised() throws {
        for each in try Vectors.cases("quantise") {
            let found = quantiseDown(try each.number("p"), digits: Int(try each.number("digits")))
            #expect(isClose(found.probability, try each.expected("p"), 1e-14), "\(each.name)")
            #expect(found.threshold == each.expect["th"] as? String, "\(each.name)")
            #expect(isClose(1 / found.probability, try each.expected("adjustedCount")), "\(each.name)")
        }
    }

    @Test("effective sizes are those of the vectors")
    func effectiveSizes() throws {
        for each in try Vectors.cases("countInterval") {
            var sums = WeightedSums()
            for weight in try each.numbers("weights") {
                sums.add(1, weight: try #require(Weight(probability: 1 / weight)))
            }
            #expect(isClose(sums.effectiveSize, try each.expected("kishEffectiveSize")), "\(each.name)")
        }
    }
}
