import Foundation
import Testing

/// The table of ARCHITECTURE.md against the package and its sources.
struct ArchitectureTests {
    private struct Row {
        var target: String
        var imports: Set<String>
        var products: Set<String>
    }

    private static func table() throws -> [Row] {
        let text = try String(contentsOf: Program.root.appendingPathComponent("ARCHITECTURE.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, cells[0].hasPrefix("`"), !cells[0].contains("…") else { return nil }
            func names(_ cell: String) -> Set<String> {
                Set(cell.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0 != "–" })
            }
            return Row(
                target: cells[0].trimmingCharacters(in: ["`"]), imports: names(cells[2]), products: names(cells[3]))
        }
    }

    @Test("the module table says exactly what each target depends on")
    func tableMatchesPackage() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A build folder of its own: the test run may hold the lock of the usual one.
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("spanmill-\(UUID().uuidString)")
            .path
        process.arguments = [
            "swift", "package", "--package-path", Program.root.path, "--scratch-path", scratch, "dump-package",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let package = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let targets = try #require(package["targets"] as? [[String: Any]])
        let rows = try Self.table()
        let modules = targets.filter { ["regular", "executable"].contains($0["type"] as? String ?? "") }
        #expect(Set(rows.map(\.target)) == Set(modules.compactMap { $0["name"] as? String }))
        for module in modules {
            let name = module["name"] as? String ?? ""
            let row = try #require(rows.first { $0.target == name })
            var depends = Set<String>()
            for dependency in module["dependencies"] as? [[String: Any]] ?? [] {
                for value in dependency.values {
                    if let list = value as? [Any], let name = list.first as? String { depends.insert(name) }
                }
            }
            #expect(depends == row.imports.union(row.products), "dependencies of \(name)")
        }
    }

    @Test("the program needs no library of Swift's where it runs")
    func programStandsAlone() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ldd", Program.binary.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let needed = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(
            needed.contains("libzstd") && !needed.contains("libswift") && !needed.contains("Foundation"), "\(needed)")
    }

    @Test("no source imports what its module may not")
    func importsAreAllowed() throws {
        let system: Set<String> = ["Glibc", "Synchronization", "Dispatch"]
        // What the server framework is made of counts as the framework.
        let serverParts = ["NIO", "HTTPTypes", "Hummingbird"]
        let servers: Set<String> = ["Serving", "ServingGRPC"]
        let foundation: Set<String> = ["Mill", "spanmill", "Serving", "ReportStore"]
        for row in try Self.table() {
            let folder = Program.root.appendingPathComponent("Sources/\(row.target)")
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift" else { continue }
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let words = line.split(separator: " ")
                    // Imports below a condition are indented.
                    guard let index = words.firstIndex(of: "import"), index <= 1, words.count == index + 2,
                        index == 0 || ["public", "package", "internal", "private", "@testable"].contains(words[0])
                    else { continue }
                    let name = String(words[index + 1].split(separator: ".")[0])
                    let isAllowed =
                        row.imports.union(row.products).union(system).contains(name)
                        || foundation.contains(row.target) && ["Foundation", "FoundationEssentials"].contains(name)
                        || servers.contains(row.target) && serverParts.contains(where: name.hasPrefix)
                    #expect(isAllowed, "\(row.target)/\(file.lastPathComponent) imports \(name)")
                }
            }
        }
    }

    @Test("no source file is longer than 400 lines")
    func filesAreShort() throws {
        let files = FileManager.default.enumerator(
            at: Program.root.appendingPathComponent("Sources"), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            let isGenerated = [".pb.swift", ".grpc.swift"].contains(where: file.path.hasSuffix)
            guard file.pathExtension == "swift", !isGenerated else { continue }
            let lines = try String(contentsOf: file, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false
            ).count
            #expect(lines <= 401, "\(file.lastPathComponent) has \(lines) lines")
        }
    }
}
