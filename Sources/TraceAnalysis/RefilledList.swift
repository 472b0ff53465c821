/// A list that is emptied and filled again for every trace, and keeps its storage.
///
/// An array can do that, too, but emptying one takes as long as appending half a dozen elements, and most traces are short.
public struct RefilledList<Element> {
    /// The elements, and what is left of longer lists.
    private var storage: [Element] = []
    public private(set) var count = 0

    /// No elements, and no storage yet.
    public init() {}

    /// Adds an element behind the others.
    ///
    /// - Complexity: O(1) amortised; without an allocation where an earlier trace had as many.
    @inline(__always)
    public mutating func append(_ element: Element) {
        if count < storage.count { storage[count] = element } else { storage.append(element) }
        count &+= 1
    }

    /// Removes all elements.
    ///
    /// - Complexity: O(1).
    public mutating func empty() { count = 0 }
}

extension RefilledList: Sendable where Element: Sendable {}

extension RefilledList: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(index: Int) -> Element {
        // What is left of longer lists is not there.
        precondition(index < count)
        return storage[index]
    }
}

extension RefilledList: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Element...) {
        storage = elements
        count = elements.count
    }
}
