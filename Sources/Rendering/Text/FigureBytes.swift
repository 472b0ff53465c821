/// Figures for people, written as UTF-8 one after the other: a large table has some hundred thousand. `Quantity` has
/// them as strings, and says how they look.
extension [UInt8] {
    mutating func append(_ text: String) { append(contentsOf: text.utf8) }

    mutating func append(spaces count: Int) { append(contentsOf: repeatElement(0x20, count: Swift.max(0, count))) }

    /// At least so many digits.
    mutating func append(decimal number: UInt64, digits: Int = 1) {
        if number >= 10 || digits > 1 { append(decimal: number / 10, digits: digits - 1) }
        append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }

    mutating func append(count number: UInt64) {
        guard number >= 1000 else { return append(decimal: number) }
        append(count: number / 1000)
        append(0x2c)
        append(decimal: number % 1000, digits: 3)
    }

    mutating func append(estimate number: Double) {
        append(0x7e)
        guard number.isFinite, number < 1e18 else { return append(significant: number) }
        guard number >= 1000 else { return append(significant: number, trim: true) }
        var scale: UInt64 = 1
        while number / Double(scale) >= 1000 { scale *= 10 }
        append(count: UInt64(number / Double(scale) + 0.5) * scale)
    }

    mutating func append(duration nanoseconds: UInt64, ascii: Bool) {
        let number = Double(nanoseconds)
        if nanoseconds < 1000 {
            append(decimal: nanoseconds)
            append(" ns")
        } else if number >= 3597e9 {
            append(significant: number / 36e11)
            append(" h")
        } else if number >= 59.95e9 {
            append(significant: number / 6e10)
            append(" min")
        } else if number >= 999.5e6 {
            append(significant: number / 1e9)
            append(" s")
        } else if number >= 999.5e3 {
            append(significant: number / 1e6)
            append(" ms")
        } else {
            append(significant: number / 1e3)
            append(ascii ? " us" : " µs")
        }
    }

    /// Of a whole above zero.
    mutating func append(share part: UInt64, of whole: UInt64) {
        if part == 0 { return append("0 %") }
        if part >= whole { return append(part == whole ? "100 %" : ">100 %") }
        let percent = Double(part) / Double(whole) * 100
        if percent < 0.05 { return append("<0.1 %") }
        append(fixed: Swift.min(percent, 99.9), 1)
        append(" %")
    }

    mutating func append(ratePerSecond rate: Double) {
        if rate <= 0 {
            append("0/s")
        } else if rate >= 0.995 {
            append(significant: rate)
            append("/s")
        } else if rate * 60 >= 0.995 {
            append(significant: rate * 60)
            append("/min")
        } else if rate * 3600 >= 0.995 {
            append(significant: rate * 3600)
            append("/h")
        } else {
            append(significant: rate * 86_400)
            append("/d")
        }
    }

    mutating func append(significant number: Double, trim: Bool = false) {
        guard number.isFinite else { return append(0x2d) }
        let size = abs(number)
        if size == 0 { return append(0x30) }
        if size >= 99.95 {
            guard size < 1e18 else { return append(Decimal.plain(number)) }
            if number < 0 { append(0x2d) }
            return append(count: UInt64(size + 0.5))
        }
        var decimals = size >= 9.995 ? 1 : 2
        var threshold = 0.9995
        while size < threshold, decimals < 15 {
            decimals += 1
            threshold /= 10
        }
        append(fixed: number, decimals)
        guard trim else { return }
        while last == 0x30 { removeLast() }
        if last == 0x2e { removeLast() }
    }

    /// Exactly so many decimals, at most 18.
    mutating func append(fixed number: Double, _ decimals: Int) {
        let exact = abs(number) * Decimal.power(decimals) + 0.5
        guard exact.isFinite, exact < 9e18 else { return append(Decimal.plain(number)) }
        let scaled = UInt64(exact)
        if number < 0, scaled > 0 { append(0x2d) }
        guard decimals > 0 else { return append(decimal: scaled) }
        let one = (0..<Swift.min(decimals, 18)).reduce(into: UInt64(1)) { one, _ in one *= 10 }
        append(decimal: scaled / one)
        append(0x2e)
        append(decimal: scaled % one, digits: Swift.min(decimals, 18))
    }
}

extension String {
    /// What `write` writes.
    init(writing write: (inout [UInt8]) -> Void) {
        var bytes: [UInt8] = []
        write(&bytes)
        self.init(decoding: bytes, as: UTF8.self)
    }
}
