import SpanModel
import Testing

@Suite struct FixedPointTests {
    @Test("a number of 128 bits becomes the floating-point number that is nearest, ties to even")
    func doubles() {
        var generator = SystemRandomNumberGenerator()
        var numbers: [UInt128] = [0, 1, .max, .max - 1, 1 << 64, 1 << 64 - 1]
        for bit in 0..<UInt128(128) {
            let power = UInt128(1) << bit
            // Halfway between two neighbours, and one beside it: ties go to the even one.
            for step in [UInt128(0), power >> 53, power >> 52, power >> 53 + power >> 52] {
                numbers += [power + step, power &+ step &+ 1, power &+ step &- 1]
            }
            for _ in 0..<200 { numbers.append(UInt128.random(in: 0...(.max), using: &generator) >> bit) }
        }
        for number in numbers {
            // Decimal digits are read correctly rounded.
            #expect(Double(number) == Double(String(number)), "\(number)")
        }
    }
}
