// swift-tools-version: 6.2

import PackageDescription

// The project's own builds refuse warnings; a newer compiler's new warnings shall not stop a user's build.
let refusesWarnings = Context.environment["SPANMILL_WARNINGS"] == "error"

let settings: [SwiftSetting] =
    (refusesWarnings ? [.treatAllWarnings(as: .error)] : []) + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]

/// Swift's libraries go into the program: it is copied to machines without Swift. Both compilation and linking are told, for
/// the one says which libraries the other needs. That nothing of it is for others to call makes it start sooner.
let standsAlone = (
    compiled: SwiftSetting.unsafeFlags(["-static-stdlib"], .when(platforms: [.linux])),
    linked: LinkerSetting.unsafeFlags(
        ["-static-stdlib", "-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux]))
)

/// A target with the project's settings; `external` are products of other packages.
func module(
    _ name: String, _ internals: [String] = [], _ external: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: internals.map { .byName(name: $0) } + external, exclude: exclude,
        swiftSettings: settings)
}

/// A product that only a build with the trait `GRPC` needs; without it its package is not even fetched.
func traited(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: ["GRPC"]))
}

func tests(
    _ name: String, _ internals: [String], _ external: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: internals.map { .byName(name: $0) } + external, exclude: exclude,
        swiftSettings: settings)
}

let package = Package(
    name: "spanmill",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "spanmill", targets: ["spanmill"]),
        // For Benchmarks/ alone: no promise to others.
        .library(
            name: "SpanmillStages",
            targets: ["SpanModel", "Compression", "SpanReading", "TraceAnalysis", "Rendering"]),
        .library(name: "SpanmillStore", targets: ["SpanModel", "ReportStore"]),
    ],
    traits: [
        .trait(
            name: "GRPC",
            description: "Strategies over gRPC as well, and TLS; a first build then takes about twice as long")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CMemory"),
        module("SpanModel"),
        module("Compression", ["CZstd", "CZlib"]),
        module("SpanReading", ["CMemory", "SpanModel", "Compression"]),
        module("TraceAnalysis", ["CMemory", "SpanModel", "Compression"]),
        module("Sampling", ["SpanModel"]),
        module(
            "ReportStore", ["SpanModel", "Compression"],
            [.product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]),
        module("Rendering", ["SpanModel"]),
        module("Workload", ["SpanModel", "Compression"]),
        module(
            "Serving", ["SpanModel", "ReportStore", "Rendering"],
            [
                .product(name: "Hummingbird", package: "hummingbird"),
                traited("HummingbirdTLS", "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        module(
            "ServingGRPC", ["SpanModel", "Serving"],
            [
                traited("GRPCCore", "grpc-swift-2"),
                traited("GRPCNIOTransportHTTP2", "grpc-swift-nio-transport"),
                traited("GRPCProtobuf", "grpc-swift-protobuf"),
                traited("SwiftProtobuf", "swift-protobuf"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], exclude: ["Protocol/generate", "Protocol/sampling.proto", "Protocol/health.proto"]),
        module(
            "Mill",
            [
                "CMalloc", "SpanModel", "Compression", "SpanReading", "TraceAnalysis", "Sampling", "ReportStore",
                "Rendering",
            ],
            [.product(name: "Yams", package: "Yams"), .product(name: "Logging", package: "swift-log")]),
        .executableTarget(
            name: "spanmill",
            dependencies: [
                "SpanModel", "Compression", "SpanReading", "TraceAnalysis", "Sampling", "ReportStore", "Rendering",
                "Serving", "ServingGRPC", "Mill", "Workload",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: settings + [standsAlone.compiled], linkerSettings: [standsAlone.linked]),
        tests("CompressionTests", ["Compression"]),
        tests("SpanModelTests", ["SpanModel"]),
        tests("SpanReadingTests", ["SpanReading", "SpanModel", "Compression"]),
        tests("TraceAnalysisTests", ["TraceAnalysis", "SpanModel", "Compression"]),
        tests("SamplingTests", ["Sampling", "SpanModel"]),
        tests("ReportStoreTests", ["ReportStore", "SpanModel", "Compression"]),
        tests("RenderingTests", ["Rendering", "SpanModel"], exclude: ["Golden"]),
        tests(
            "ServingTests", ["Serving", "ReportStore", "Rendering", "SpanModel"],
            [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests("ServingGRPCTests", ["ServingGRPC", "Serving", "ReportStore", "SpanModel"]),
        tests("WorkloadTests", ["Workload", "SpanModel", "Compression"]),
        tests(
            "MillTests",
            [
                "Mill", "Workload", "SpanReading", "TraceAnalysis", "ReportStore", "Rendering", "Sampling", "SpanModel",
            ]),
        // Without `spanmill`: they start the program, and could not be linked as it is.
        tests("SpanmillTests", ["ReportStore", "SpanModel"]),
    ],
    swiftLanguageModes: [.v6])
