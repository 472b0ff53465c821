import Foundation

/// The environment, read once.
enum Environment {
    static let all = ProcessInfo.processInfo.environment
}
