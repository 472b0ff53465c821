import SpanModel
import Testing

@Suite("Names as numbers")
struct NameTableTests {
    @Test(
        "names of any length have one id each, wherever they differ",
        arguments: [1, 2, 0xffff_ffff_ffff_ffff] as [UInt64])
    func lengths(seed: UInt64) {
        var table = NameTable(seed: seed)
        var ids: [[UInt8]: UInt32] = [:]
        for length in 0..<40 {
            let name = (0..<length).map { UInt8(0x61 + $0 % 26) }
            var names = [name]
            for index in name.indices {
                var other = name
                other[index] = 0x2e
                names.append(other)
            }
            for name in names { ids[name] = table.string(name.span.bytes) }
        }
        #expect(Set(ids.values).count == ids.count && table.stringCount == ids.count)
        for (name, id) in ids {
            #expect(table.string(name.span.bytes) == id)
            #expect(Array(table.bytes(id)) == name)
        }
    }
}
