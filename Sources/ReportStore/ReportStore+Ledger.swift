internal import GRDB
public import SpanModel

extension ReportStore {
    /// What was in force in a window: for all names the line in force at its start and those inside it.
    ///
    /// Sorted by service, operation and time; lines for the unnamed come first. Probabilities that differ by hour
    /// have a line for every hour of the window, as if each had been published then.
    public func ledger(in window: Window) throws(StoreError) -> [Publication] {
        try read { db in
            let sql = """
                SELECT service_id, operation_id, version_id, published_nanoseconds, probability, hours
                FROM publication p
                WHERE published_nanoseconds < ?2 AND version_id >= ifnull((
                    SELECT max(version_id) FROM publication q
                    WHERE q.service_id = p.service_id AND q.operation_id = p.operation_id
                        AND q.published_nanoseconds <= ?1), 0)
                ORDER BY service_id, operation_id, version_id
                """
            let bounds = [window.startNanoseconds, window.endNanoseconds].map { Int64(clamping: $0) }
            let rows = try Row.fetchCursor(db, sql: sql, arguments: StatementArguments(bounds))
            var names = try NameReader(db)
            var lines: [(publication: Publication, hours: [Double])] = []
            while let row = try rows.next() {
                var columns = Columns(row)
                let (service, operation) = (try columns.integer(), try columns.integer())
                let version = try columns.integer()
                let publication = Publication(
                    service: service == 0 ? nil : try names.name(service),
                    operation: operation == 0 ? nil : try names.name(operation),
                    publishedNanoseconds: try columns.number(), probability: try columns.optionalReal(),
                    versionID: version)
                lines.append((publication, try columns.decoded(HourlyNumbers.decode) ?? []))
            }
            return Self.hourByHour(lines, in: window).sorted { $0.order < $1.order }
        }
    }

    /// Lines of the same names stand together, in the order of their versions.
    private static func hourByHour(
        _ lines: [(publication: Publication, hours: [Double])], in window: Window
    ) -> [Publication] {
        var all: [Publication] = []
        for (index, line) in lines.enumerated() {
            guard !line.hours.isEmpty else {
                all.append(line.publication)
                continue
            }
            let next = index + 1 < lines.count ? lines[index + 1].publication : nil
            let isReplaced =
                next?.service == line.publication.service && next?.operation == line.publication.operation
            let end = min(window.endNanoseconds, isReplaced ? next?.publishedNanoseconds ?? .max : .max)
            all += hourByHour(line.publication, line.hours, from: window.startNanoseconds, to: end)
        }
        return all
    }

    /// - Parameter start: from when on it matters; the hour before is given too, for tracers that lag behind.
    private static func hourByHour(
        _ line: Publication, _ hours: [Double], from start: UInt64, to end: UInt64
    ) -> [Publication] {
        let hour = Nanoseconds.hour
        var instant = max(line.publishedNanoseconds, (start / hour * hour).subtractingSaturating(hour))
        let last = min(end, instant.addingSaturating(expandedNanoseconds))
        var lines: [Publication] = []
        while instant < last {
            var line = line
            line.publishedNanoseconds = instant
            line.probability = hours[Int(instant / hour % 24) % hours.count]
            lines.append(line)
            instant = (instant / hour + 1) * hour
        }
        if instant < end {
            var line = line
            line.publishedNanoseconds = instant
            lines.append(line)
        }
        return lines
    }

    /// Longer windows are not taken apart into hours, for no scan is that long: the mean of the hours stands for the rest.
    private static let expandedNanoseconds = 40 * Nanoseconds.day
}

extension UInt64 {
    fileprivate func subtractingSaturating(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}

extension Publication {
    fileprivate var order: (Int, String, Int, String, Int64, UInt64) {
        (
            service == nil ? 0 : 1, service ?? "", operation == nil ? 0 : 1, operation ?? "", versionID,
            publishedNanoseconds
        )
    }
}
