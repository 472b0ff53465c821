import GRDB
import Glibc
import SpanModel
import Testing

@testable import ReportStore

@Suite struct OpeningTests {
    @Test("files are made for their owner alone")
    func modes() throws {
        try withDirectory { parent in
            let directory = parent + "/a/b"
            let store = try ReportStore(directory: directory)
            let report = Report(window: Window(startNanoseconds: 0, endNanoseconds: 1), rules: "otlp")
            try store.save(report, run: .sample(report), archives: [])
            #expect(mode(directory) == 0o700)
            #expect(mode(store.path) == 0o600)
            #expect(mode(store.path + "-wal") == 0o600)
        }
    }

    @Test("a closed store leaves no journal that everyone who opens it would read through")
    func journal() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            var maker = ReportMaker()
            let report = maker.report()
            try store.save(report, run: .sample(report), archives: [])
            _ = try store.report(window: report.window)
            try store.close()
            var status = stat()
            #expect(stat(store.path + "-wal", &status) != 0 || status.st_size == 0)
            #expect(try ReportStore(directory: directory, access: .readOnly).report(window: report.window) == report)
        }
    }

    @Test("a store of a newer program is refused and left as it is")
    func newer() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            try store.pool.write { db in try db.execute(sql: "PRAGMA user_version = 99") }
            try store.close()
            for access in [ReportStore.Access.readWrite, .readOnly] {
                let error = #expect(throws: StoreError.self) {
                    try ReportStore(directory: directory, access: access)
                }
                #expect(error?.code == .newer)
                #expect(error?.message.contains("schema 99") == true)
            }
        }
    }

    @Test("a store without evidence of roots gains its table, and keeps what it had")
    func migration() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            var old = maker.report()
            old.evidence = []
            let store = try ReportStore(directory: directory)
            try store.save(old, run: .sample(old), archives: [])
            try store.pool.write { db in
                try EarlierStore.takeBack(db)
                try db.execute(sql: "DROP TABLE root_evidence; PRAGMA user_version = 2")
            }
            try store.close()
            let opened = try ReportStore(directory: directory)
            #expect(try opened.report(window: old.window) == old)
            let new = maker.report(day: ReportMaker.day + 1)
            try opened.save(new, run: .sample(new), archives: [])
            #expect(try opened.report(window: new.window) == new)
        }
    }

    @Test("a store of longer rows, hours among them, reads the same and goes on")
    func hoursInRows() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let old = maker.report()
            #expect(old.edges.contains { !$0.hours.isEmpty } && old.operations.contains { !$0.hours.isEmpty })
            let store = try ReportStore(directory: directory)
            try store.save(old, run: .sample(old), archives: [])
            try store.pool.write(EarlierStore.takeBack)
            try store.close()
            #expect(throws: StoreError.self) { try ReportStore(directory: directory, access: .readOnly) }
            let opened = try ReportStore(directory: directory)
            #expect(try opened.report(window: old.window) == old)
            let new = maker.report(day: ReportMaker.day + 1)
            try opened.save(new, run: .sample(new), archives: [])
            #expect(try opened.report(window: new.window) == new)
            try opened.prune(hoursBefore: new.window.endNanoseconds, daysBefore: 0)
            #expect(try opened.report(window: old.window)?.edges.allSatisfy(\.hours.isEmpty) == true)
        }
    }

    @Test("a database of another program is refused and left as it is")
    func foreign() throws {
        try withDirectory { directory in
            let path = directory + "/" + ReportStore.fileName
            let queue = try DatabaseQueue(path: path)
            try queue.write { db in try db.execute(sql: "CREATE TABLE cookies (id INTEGER)") }
            try queue.close()
            let before = try bytes(path)
            let error = #expect(throws: StoreError.self) { try ReportStore(directory: directory) }
            #expect(error?.code == .foreign)
            #expect(try bytes(path) == before)
        }
    }

    @Test("a file that is no database is refused and left as it is")
    func notADatabase() throws {
        try withDirectory { directory in
            let path = directory + "/" + ReportStore.fileName
            try write(Array(String(repeating: "not a database ", count: 500).utf8), to: path)
            let before = try bytes(path)
            let error = #expect(throws: StoreError.self) { try ReportStore(directory: directory) }
            #expect(error?.code == .foreign)
            #expect(try bytes(path) == before)
        }
    }

    @Test("a damaged file is an error that names the file and no value, never a crash")
    func damaged() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            var maker = ReportMaker()
            let report = maker.report()
            try store.save(report, run: .sample(report), archives: [])
            try store.close()
            let whole = try bytes(store.path)
            var dice = Dice(3)
            for _ in 0..<40 {
                var broken = whole
                for _ in 0..<200 { broken[4096 + Int(dice.roll(UInt64(whole.count - 4096)))] = UInt8(dice.roll(256)) }
                try write(broken, to: store.path)
                do {
                    let store = try ReportStore(directory: directory, access: .readOnly)
                    _ = try store.report(window: report.window, detail: [])
                    _ = try store.report(window: report.window)
                } catch let error as StoreError {
                    #expect(error.path == store.path)
                    #expect(!error.description.contains("service-"))
                    #expect(error.description.hasPrefix("cannot use the store "))
                }
            }
        }
    }

    @Test("no store is an error for readers that says how to make one")
    func missing() throws {
        try withDirectory { directory in
            let error = #expect(throws: StoreError.self) {
                try ReportStore(directory: directory, access: .readOnly)
            }
            #expect(error?.code == .missing)
            #expect(error?.description.contains("spanmill run") == true)
            #expect(access(directory + "/" + ReportStore.fileName, F_OK) != 0)
        }
    }

    @Test("a directory that cannot be made is named with the reason")
    func impossible() throws {
        let error = #expect(throws: StoreError.self) { try ReportStore(directory: "/dev/null/state") }
        #expect(error?.code == .forbidden)
        #expect(error?.message.contains("Not a directory") == true)
    }

    @Test("what a killed process left behind is as if it had never begun")
    func killed() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            var maker = ReportMaker()
            let (old, new) = (maker.report(), maker.report())
            try store.save(old, run: .sample(old), archives: [])
            // The files of a store whose writer never came to its commit.
            let copy = directory + "/copy"
            try store.pool.write { db in
                try db.execute(sql: "PRAGMA cache_size = 1")
                var writer = try ReportWriter(db, reportID: 1, of: new.window)
                try writer.write(new, archives: [])
                mkdir(copy, 0o700)
                for suffix in ["", "-wal"] {
                    try self.write(try bytes(store.path + suffix), to: "\(copy)/\(ReportStore.fileName)\(suffix)")
                }
            }
            #expect(try bytes("\(copy)/\(ReportStore.fileName)-wal").count > 100_000)
            #expect(try ReportStore(directory: copy).report(window: old.window) == old)
        }
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "rb"))
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: ftell(file))
        rewind(file)
        #expect(fread(&bytes, 1, bytes.count, file) == bytes.count)
        return bytes
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "wb"))
        defer { fclose(file) }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }
}
