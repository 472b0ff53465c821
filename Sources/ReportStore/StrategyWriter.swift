internal import GRDB
internal import SpanModel

/// Writes the rows of one strategy version.
struct StrategyWriter {
    private let db: Database
    private let owned: OwnedRows
    private var names: Names

    init(_ db: Database, versionID: Int64, names: Names) {
        self.db = db
        self.names = names
        owned = OwnedRows(owner: versionID)
    }

    mutating func write(_ services: [ServiceStrategy]) throws {
        let service = try Insertion(
            db, into: "strategy_service", "id, service_id, default_probability, lower_bound_per_second")
        let operation = try Insertion(
            db, into: "strategy",
            """
            id, service_position, operation_id, probability, previous_probability, reason_id, evidence,
            estimated_rate_per_second, predicted_traces_per_day, predicted_spans_per_second, steps, hours
            """)
        var row = 0
        for (position, strategy) in services.enumerated() {
            try service.run([
                owned.id(position), names.value(strategy.service), .real(strategy.defaultProbability),
                .real(strategy.lowerBoundPerSecond),
            ])
            for entry in strategy.operations {
                try operation.run([
                    owned.id(row), position.databaseValue, names.value(entry.operation), .real(entry.probability),
                    .real(entry.previousProbability), names.value(entry.reason), .text(entry.evidence.label),
                    .real(entry.estimatedRatePerSecond), .real(entry.predictedTracesPerDay),
                    .real(entry.predictedSpansPerSecond),
                    entry.steps.isEmpty ? .null : .blob { ExplanationStep.encode(entry.steps, into: &$0) },
                    .blob { HourlyNumbers.encode(entry.hours, into: &$0) },
                ])
                row += 1
            }
        }
    }

    /// Appends what differs from what was in force until now.
    mutating func appendToLedger(_ strategies: StrategySet, publishedNanoseconds: UInt64) throws {
        var now = [Name(service: 0, operation: 0): Force(strategies.defaultProbability)]
        for service in strategies.services {
            let id = try names.id(service.service)
            now[Name(service: id, operation: 0)] = Force(service.defaultProbability)
            for entry in service.operations {
                now[Name(service: id, operation: try names.id(entry.operation))] = Force(
                    entry.probability, hours: entry.hours)
            }
        }
        let before = try inForce()
        let insertion = try Insertion(
            db, into: "publication",
            """
            service_id, operation_id, version_id, published_nanoseconds, probability, hours
            """)
        let gone = before.keys.filter { now[$0] == nil }
        for name in (Array(now.keys) + gone).sorted() where before[name] ?? Force(nil) != now[name] ?? Force(nil) {
            try insertion.run([
                name.service.databaseValue, name.operation.databaseValue, owned.owner.databaseValue,
                .integer(publishedNanoseconds), .real(now[name]?.probability),
                .blob { HourlyNumbers.encode(now[name]?.hours ?? [], into: &$0) },
            ])
        }
    }

    private struct Name: Hashable, Comparable {
        let service: Int64
        let operation: Int64

        static func < (a: Name, b: Name) -> Bool { (a.service, a.operation) < (b.service, b.operation) }
    }

    /// What a name was given; without a probability it is named no longer.
    private struct Force: Equatable {
        let probability: Double?
        let hours: [Double]

        init(_ probability: Double?, hours: [Double] = []) {
            self.probability = probability
            self.hours = hours
        }
    }

    private func inForce() throws -> [Name: Force] {
        // SQLite takes the other columns from the row that has the maximum.
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT service_id, operation_id, probability, hours, max(version_id) FROM publication
                GROUP BY service_id, operation_id
                """)
        var inForce: [Name: Force] = [:]
        while let row = try rows.next() {
            var columns = Columns(row)
            let name = Name(service: try columns.integer(), operation: try columns.integer())
            inForce[name] = Force(
                try columns.optionalReal(), hours: try columns.decoded(HourlyNumbers.decode) ?? [])
        }
        return inForce
    }
}

/// Numbers by hour of the day, and by hour since the epoch.
enum HourlyNumbers {
    /// No bytes where there are none.
    static func encode(_ hours: [Double], into writer: inout VarintWriter) {
        guard !hours.isEmpty else { return }
        writer.append(hours.count)
        for hour in hours { writer.append(hour) }
    }

    static func decode(_ reader: inout VarintReader) throws(VarintReader.Failure) -> [Double] {
        var hours: [Double] = []
        for _ in 0..<(try reader.count()) { hours.append(try reader.double()) }
        return hours
    }

    static func encode(_ hours: [UInt32: Double], into writer: inout VarintWriter) {
        guard !hours.isEmpty else { return }
        writer.append(hours.count)
        for (hour, number) in hours.sorted(by: { $0.key < $1.key }) {
            writer.append(hour)
            writer.append(number)
        }
    }

    static func decode(byHour reader: inout VarintReader) throws(VarintReader.Failure) -> [UInt32: Double] {
        var hours: [UInt32: Double] = [:]
        for _ in 0..<(try reader.count()) {
            let hour = try reader.number32()
            hours[hour] = try reader.double()
        }
        return hours
    }
}

extension ExplanationStep {
    private static let version: UInt64 = 1

    static func encode(_ steps: [ExplanationStep], into writer: inout VarintWriter) {
        writer.append(version)
        writer.append(steps.count)
        for step in steps {
            writer.append(step.step)
            writer.append(step.value)
            writer.append(step.unit)
            writer.append(step.source)
        }
    }

    static func decode(_ reader: inout VarintReader) throws(VarintReader.Failure) -> [ExplanationStep] {
        guard try reader.number() == version else { throw reader.failure("steps of another version") }
        var steps: [ExplanationStep] = []
        for _ in 0..<(try reader.count()) {
            steps.append(
                ExplanationStep(
                    step: try reader.text(), value: try reader.double(), unit: try reader.text(),
                    source: try reader.text()))
        }
        return steps
    }
}
