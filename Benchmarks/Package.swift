// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// In-process figures: each stage alone, and the store with more than a demo's day in it. Apart from the root package, so
// that no one who builds spanmill builds this.
let package = Package(
    name: "spanmill-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "spanmill", path: "..")],
    targets: [
        .target(name: "Measuring", swiftSettings: settings),
        .executableTarget(
            name: "stages", dependencies: ["Measuring", .product(name: "SpanmillStages", package: "spanmill")],
            // Swift's libraries within it, as in the program it stands for.
            swiftSettings: settings + [.unsafeFlags(["-static-stdlib"])],
            linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
        .executableTarget(
            name: "store", dependencies: ["Measuring", .product(name: "SpanmillStore", package: "spanmill")],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6])
