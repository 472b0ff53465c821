import SpanModel

/// How the settings of each kind read their text.
extension Setting {
    typealias Path<Value> = any WritableKeyPath<Job, Value> & Sendable

    static func text(_ key: String, _ standard: String, _ help: String, _ path: Path<String>) -> Setting {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            guard !text.isEmpty else { throw SettingProblem(message: "a text is expected") }
            job[keyPath: path] = text
        }
    }

    static func optionalText(
        _ key: String, _ help: String, _ path: Path<String?>, _ check: @escaping @Sendable (String) -> String?
    ) -> Setting {
        Setting(key: key, defaultText: "", help: help) { job, text throws(SettingProblem) in
            if let problem = check(text) { throw SettingProblem(message: problem) }
            job[keyPath: path] = text
        }
    }

    /// Comma-separated in flags and the environment, a list in the file.
    static func list(_ key: String, _ standard: String, _ help: String, _ path: Path<[String]>) -> Setting {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            let items = text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
            guard !items.isEmpty else { throw SettingProblem(message: "at least one value is expected") }
            job[keyPath: path] = items
        }
    }

    static func choice(
        _ key: String, _ standard: String, _ choices: [String], _ help: String, _ path: Path<String>
    ) -> Setting {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            guard choices.contains(text) else {
                throw SettingProblem(message: "one of \(choices.joined(separator: ", ")) is expected, not '\(text)'")
            }
            job[keyPath: path] = text
        }
    }

    static func count(
        _ key: String, _ standard: String, _ help: String, _ path: Path<Int>, _ range: ClosedRange<Int>
    ) -> Setting {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            guard let value = Int(text.filter { $0 != "_" }), range.contains(value) else {
                throw SettingProblem(
                    message: "a count of \(range.lowerBound) to \(range.upperBound) is expected, not '\(text)'")
            }
            job[keyPath: path] = value
        }
    }

    static func size(_ key: String, _ standard: String, _ help: String, _ path: Path<Int>, atLeast least: Int)
        -> Setting
    {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            guard let value = Units.size(text) else {
                throw SettingProblem(message: "a size like 64MiB is expected, not '\(text)'")
            }
            guard value >= least else {
                throw SettingProblem(message: "at least \(least) bytes are needed, not '\(text)'")
            }
            job[keyPath: path] = value
        }
    }

    static func duration(
        _ key: String, _ standard: String, _ help: String, _ path: Path<UInt64>, atLeast least: UInt64 = 0
    ) -> Setting {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            guard let value = Units.duration(text) else {
                throw SettingProblem(message: "a duration like 250ms, 2h or 1d is expected, not '\(text)'")
            }
            guard value >= least else { throw SettingProblem(message: "'\(text)' is too short") }
            job[keyPath: path] = value
        }
    }

    static func number(
        _ key: String, _ standard: String, _ help: String, _ path: Path<Double>, _ range: ClosedRange<Double>
    ) -> Setting {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            job[keyPath: path] = try parseNumber(text, range)
        }
    }

    static func optionalNumber(_ key: String, _ help: String, _ path: Path<Double?>) -> Setting {
        Setting(key: key, defaultText: "", help: help) { job, text throws(SettingProblem) in
            let value = try parseNumber(text, 0...1e15)
            guard value > 0 else { throw SettingProblem(message: "a number above zero is expected, not '\(text)'") }
            job[keyPath: path] = value
        }
    }

    static func probability(_ key: String, _ standard: String, _ help: String, _ path: Path<Double>) -> Setting {
        Setting(key: key, defaultText: standard, help: help) { job, text throws(SettingProblem) in
            job[keyPath: path] = try parseProbability(text)
        }
    }

    static func parseNumber(_ text: String, _ range: ClosedRange<Double>) throws(SettingProblem) -> Double {
        guard let value = Double(text), range.contains(value) else {
            throw SettingProblem(
                message:
                    "a number from \(short(range.lowerBound)) to \(short(range.upperBound)) is expected, not '\(text)'")
        }
        return value
    }

    static func parseProbability(_ text: String) throws(SettingProblem) -> Double {
        guard let value = Double(text) else {
            throw SettingProblem(message: "a probability between 0 and 1 is expected, not '\(text)'")
        }
        guard value > 0, value <= 1 else {
            let hint = value > 1 && value <= 100 ? " (percent? write \(value / 100))" : ""
            throw SettingProblem(message: "probability must be above 0 and at most 1, not \(text)\(hint)")
        }
        return value
    }

    private static func short(_ value: Double) -> String {
        value == value.rounded(.towardZero) && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}

extension StringProtocol {
    /// Without spaces at both ends.
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
