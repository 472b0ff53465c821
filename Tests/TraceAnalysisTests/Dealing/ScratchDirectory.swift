import Glibc

/// A private directory for one test, removed at its end.
func withScratchDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/spanmill-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ScratchDirectoryError() }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { rmdir(path) }
    return try body(path)
}

struct ScratchDirectoryError: Error {}
