import Testing

@testable import TraceAnalysis

@Suite("a list that is filled again for every trace")
struct RefilledListTests {
    @Test("it holds what was appended since it was emptied")
    func refilled() {
        var list: RefilledList<Int> = [1, 2, 3]
        #expect(Array(list) == [1, 2, 3])
        list.empty()
        #expect(list.isEmpty && list.first == nil)
        for element in 4...5 { list.append(element) }
        #expect(Array(list) == [4, 5])
        for element in 7...9 { list.append(element) }
        #expect(Array(list) == [4, 5, 7, 8, 9])
        #expect(list.last == 9)
    }

    @Test("what is left of a longer list cannot be reached")
    func stale() async {
        await #expect(processExitsWith: .failure) {
            var list: RefilledList<Int> = [1, 2, 3]
            list.empty()
            list.append(4)
            _ = list[1]
        }
    }
}
