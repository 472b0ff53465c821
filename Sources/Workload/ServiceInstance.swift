import SpanModel

/// One running copy of a service: what its resource says.
struct ServiceInstance {
    /// Copies of each service.
    static let perService = 8

    let service: String
    let number: Int

    /// All instances of all services, in the order of their numbers.
    static func all(_ plan: ShopPlan) -> [ServiceInstance] {
        plan.services.flatMap { service in
            (0..<perService).map { ServiceInstance(service: service, number: $0) }
        }
    }

    /// The number of the instance that serves a trace.
    static func number(service: Int32, traceID: TraceID) -> Int32 {
        let copy = mix64(traceID.low ^ UInt64(UInt32(bitPattern: service))) % UInt64(perService)
        return service * Int32(perService) + Int32(copy)
    }

    var address: String { "10.\(byte(0)).\(byte(1)).\(byte(2))" }

    /// Besides the service's name.
    var attributes: [(key: String, value: AttributeValue)] {
        let id = Hex.text(digest)
        return [
            ("service.version", .text("2026.3.\(number == 0 ? 2 : 1)")), ("service.namespace", .text("shop")),
            ("service.instance.id", .text("\(id.prefix(8))-\(id.dropFirst(8).prefix(4))-4e1b-9a2f-\(id.suffix(12))")),
            ("deployment.environment.name", .text("production")),
            ("host.name", .text("ip-\(address.replacing(dots: "-")).eu-central-1.compute.internal")),
            ("k8s.namespace.name", .text("shop-live")),
            ("k8s.pod.name", .text("\(service)-6b8f9c7d4d-\(id.suffix(5))")),
            ("telemetry.sdk.language", .text("java")), ("telemetry.sdk.name", .text("opentelemetry")),
            ("telemetry.sdk.version", .text("1.49.0")),
        ]
    }

    private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: digest >> UInt64(8 * index)) }

    private var digest: UInt64 { mix64(AttributePart.salt(service) &+ UInt64(number)) }
}

extension String {
    fileprivate func replacing(dots other: Character) -> String { String(map { $0 == "." ? other : $0 }) }
}
