import GRDB
import SpanModel

@testable import ReportStore

/// Takes a store back to what earlier versions of the program left.
enum EarlierStore {
    /// Hours in the rows of edges and operations, uncompressed; sketches with a byte more per bin.
    static func takeBack(_ db: Database) throws {
        for (table, hours) in [("edge", "edge_hours"), ("operation_latency", "operation_hours")] {
            try db.execute(sql: "ALTER TABLE \(table) ADD COLUMN hours BLOB")
            for row in try Row.fetchAll(db, sql: "SELECT id, hours FROM \(hours)") {
                var columns = Columns(row)
                let id = try columns.integer()
                let bytes = self.bytes(try HourBlob().decode(columns.blob()))
                try db.execute(
                    sql: "UPDATE \(table) SET hours = ? WHERE id = ?", arguments: [DatabaseValue.blob(bytes), id])
            }
            try db.execute(sql: "DROP TABLE \(hours)")
        }
        for (table, column) in [
            ("edge", "client_sketch"), ("edge", "server_sketch"), ("operation_latency", "sketch"),
            ("root_throughput", "sketch"),
        ] {
            for row in try Row.fetchAll(db, sql: "SELECT id, \(column) FROM \(table) WHERE \(column) IS NOT NULL") {
                var columns = Columns(row)
                let id = try columns.integer()
                let bytes = self.bytes(try columns.sketch())
                try db.execute(
                    sql: "UPDATE \(table) SET \(column) = ? WHERE id = ?", arguments: [DatabaseValue.blob(bytes), id])
            }
        }
        try db.execute(sql: "PRAGMA user_version = 3")
    }

    private static func bytes(_ hours: [HourBlob.Hour]) -> [UInt8] {
        var writer = VarintWriter()
        writer.append(1)
        writer.append(hours.count)
        var previous: UInt32 = 0
        for hour in hours {
            writer.append(hour.hour - previous)
            writer.append(hour.count)
            writer.append(hour.errors)
            writer.append(contentsOf: bytes(hour.latency))
            previous = hour.hour
        }
        return writer.bytes
    }

    private static func bytes(_ sketch: LatencySketch) -> [UInt8] {
        var writer = VarintWriter()
        writer.append(sketch.count)
        guard sketch.count > 0 else { return writer.bytes }
        writer.append(sketch.sumNanoseconds)
        writer.append(sketch.minimumNanoseconds)
        writer.append(sketch.maximumNanoseconds - sketch.minimumNanoseconds)
        writer.append(sketch.isWeighted ? 1 : 0)
        var bins: [(bin: Int, count: UInt64, units: UInt128)] = []
        sketch.forEachBin { bins.append(($0, $1, $2)) }
        writer.append(bins.count - 1)
        for (index, entry) in bins.enumerated() {
            if index > 0 { writer.append(entry.bin - bins[index - 1].bin - 1) }
            writer.append(entry.count - 1)
            if sketch.isWeighted { writer.append(entry.units) }
        }
        return writer.bytes
    }
}
