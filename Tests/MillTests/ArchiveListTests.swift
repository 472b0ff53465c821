import Foundation
import Testing

@testable import Mill

/// Which archives an input names.
struct ArchiveListTests {
    private func names(_ inputs: String..., of scratch: Scratch) -> [String] {
        ArchiveList(inputs: inputs.map { "\(scratch.path)/\($0)" }).files.map {
            String($0.path.dropFirst(scratch.path.count + 1))
        }
    }

    private func tree() throws -> Scratch {
        let scratch = try Scratch()
        for name in [
            "a.json", "b.json.gz", ".hidden.json", "year=2026/hour=01/c.json", "year=2026/hour=02/d.json",
            "year=2026/.tmp/e.json", "year=2026/hour=02/deep/er/f.json", "odd [1].json",
        ] { try scratch.write("x", to: name) }
        return scratch
    }

    @Test("a folder is walked, without names that begin with a dot, in the order of paths")
    func folder() throws {
        let scratch = try tree()
        #expect(
            names("year=2026", of: scratch) == [
                "year=2026/hour=01/c.json", "year=2026/hour=02/d.json", "year=2026/hour=02/deep/er/f.json",
            ])
        #expect(names("", of: scratch).contains("a.json"))
        #expect(!names("", of: scratch).contains { $0.contains("/.") || $0.hasPrefix(".") })
    }

    @Test("*, ? and [..] match within a name, and never a leading dot")
    func globs() throws {
        let scratch = try tree()
        #expect(names("*.json", of: scratch) == ["a.json", "odd [1].json"])
        #expect(names("?.json*", of: scratch) == ["a.json", "b.json.gz"])
        #expect(names("[a-b].*", of: scratch) == ["a.json", "b.json.gz"])
        #expect(names("[!a].json*", of: scratch) == ["b.json.gz"])
        #expect(names(".h*.json", of: scratch) == [".hidden.json"])
        #expect(names("year=*/hour=0[12]/*.json", of: scratch).count == 2)
    }

    @Test("** stands for any number of folders, none included")
    func anyDepth() throws {
        let scratch = try tree()
        #expect(names("**/*.json", of: scratch).count == 5)
        #expect(names("**/*.json", of: scratch).contains("a.json"))
        #expect(names("**/deep/**/f.json", of: scratch) == ["year=2026/hour=02/deep/er/f.json"])
        #expect(names("year=2026/**", of: scratch).count == 3)
    }

    @Test("a folder that a pattern matches is walked; a file named plainly is taken as it is")
    func plain() throws {
        let scratch = try tree()
        #expect(names("year=2026/hour=0?", of: scratch).count == 3)
        #expect(names("odd [1].json", of: scratch) == ["odd [1].json"])
        #expect(names(".hidden.json", of: scratch) == [".hidden.json"])
    }

    @Test("inputs that overlap give each archive once; those that match nothing are named")
    func overlap() throws {
        let scratch = try tree()
        #expect(names("a.json", "*.json", "a.json", of: scratch) == ["a.json", "odd [1].json"])
        let list = ArchiveList(inputs: ["\(scratch.path)/*.nothing", "\(scratch.path)/a.json"])
        #expect(list.unmatched == ["\(scratch.path)/*.nothing"])
        #expect(list.files.map(\.bytes) == [1])
        #expect(list.files[0].modifiedNanoseconds > 0)
    }

    @Test("a folder that links to itself is walked to an end")
    func loop() throws {
        let scratch = try tree()
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/year=2026/hour=01/loop", withDestinationPath: "\(scratch.path)/year=2026")
        #expect(names("year=2026", of: scratch).contains("year=2026/hour=02/d.json"))
        #expect(names("**/d.json", of: scratch).contains("year=2026/hour=02/d.json"))
    }

    @Test("- is standard input")
    func standardInput() {
        #expect(ArchiveList(inputs: ["-"]).files == [ArchiveFile(path: "-", bytes: 0, modifiedNanoseconds: 0)])
    }
}
