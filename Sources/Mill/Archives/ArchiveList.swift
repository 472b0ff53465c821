import Foundation
import Glibc

/// An archive to read: where it is, and what tells whether it changed.
public struct ArchiveFile: Hashable, Sendable {
    /// `-`: standard input.
    public var path: String
    public var bytes: UInt64
    public var modifiedNanoseconds: UInt64

    /// - Parameters:
    ///   - bytes: as it is stored, compressed.
    ///   - modifiedNanoseconds: since the Unix epoch, UTC.
    public init(path: String, bytes: UInt64, modifiedNanoseconds: UInt64) {
        self.path = path
        self.bytes = bytes
        self.modifiedNanoseconds = modifiedNanoseconds
    }
}

/// Finds the archives that inputs name: files, directories, globs, standard input.
///
/// Directories are walked, names that begin with a dot left out. The list is sorted and holds each path once.
public struct ArchiveList: Sendable {
    public private(set) var files: [ArchiveFile] = []
    /// Inputs that matched nothing, for the message.
    public private(set) var unmatched: [String] = []

    /// - Complexity: one directory listing per directory reached.
    public init(inputs: [String]) {
        var paths = Set<String>()
        for input in inputs {
            let found = Self.expand(input)
            if found.isEmpty { unmatched.append(input) }
            paths.formUnion(found)
        }
        files = paths.sorted().map(Self.describe)
    }

    private static func expand(_ input: String) -> [String] {
        if input == "-" { return ["-"] }
        if let kind = kind(of: input) { return kind == .directory ? walk(input) : [input] }
        guard input.contains(where: { "*?[".contains($0) }) else { return [] }
        let absolute = input.hasPrefix("/")
        let components = input.split(separator: "/").map(String.init)
        return match(components[...], below: absolute ? "/" : "")
    }

    /// Paths below `folder` that match the pattern; a directory that matches whole is walked.
    private static func match(_ pattern: ArraySlice<String>, below folder: String) -> [String] {
        guard let first = pattern.first else { return folder.isEmpty ? [] : expand(String(folder.dropLast())) }
        let rest = pattern.dropFirst()
        if first == "**" {
            let here = match(rest, below: folder)
            let deeper = names(in: folder).filter { !$0.hasPrefix(".") && kind(of: folder + $0) == .directory }
                .flatMap { match(pattern, below: folder + $0 + "/") }
            return here + deeper
        }
        let matching = names(in: folder).filter { fnmatch(first, $0, FNM_PERIOD) == 0 }
        return matching.flatMap { name -> [String] in
            if rest.isEmpty { return kind(of: folder + name) == .directory ? walk(folder + name) : [folder + name] }
            return kind(of: folder + name) == .directory ? match(rest, below: folder + name + "/") : []
        }
    }

    private static func walk(_ folder: String) -> [String] {
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        return names(in: base).flatMap { name -> [String] in
            if name.hasPrefix(".") { return [] }
            return kind(of: base + name) == .directory ? walk(base + name) : [base + name]
        }
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    }

    private enum Kind { case file, directory }

    private static func kind(of path: String) -> Kind? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file
    }

    private static func describe(_ path: String) -> ArchiveFile {
        var status = stat()
        guard path != "-", stat(path, &status) == 0 else {
            return ArchiveFile(path: path, bytes: 0, modifiedNanoseconds: 0)
        }
        let seconds = UInt64(clamping: status.st_mtim.tv_sec)
        let modified = seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue
        return ArchiveFile(
            path: path, bytes: UInt64(clamping: status.st_size),
            modifiedNanoseconds: modified &+ UInt64(clamping: status.st_mtim.tv_nsec))
    }
}
