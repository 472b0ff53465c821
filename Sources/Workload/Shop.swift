/// The made-up shop whose day the generator plays: services, what their operations do, and who begins it all.
///
/// Covers what real archives hold: fan-out, retries, local spans, instrumented and uninstrumented peers,
/// databases, messages by parent and by link, errors of one half only.
struct Shop: Sendable {
    /// One thing that an operation does.
    indirect enum Step: Sendable {
        /// A call of another service's operation; a failed one is tried again with this probability.
        case call(String, String, retry: Double = 0)
        /// Several at once.
        case parallel([Step])
        /// Work of its own, with steps inside.
        case local(String, [Step])
        case database(system: String, name: String, verb: String)
        /// An address that no one traces.
        case external(host: String, port: Int)
        /// A message whose consumers are its children.
        case publish(topic: String, consumers: [String])
        /// A message taken later, by the batch, by a consumer that links to it.
        case enqueue(topic: String)
        case maybe(Double, Step)
    }

    struct Operation: Sendable {
        var name: String
        var medianMicroseconds: Double
        /// Standard deviation of the logarithm.
        var spread: Double = 0.5
        var errorRate: Double = 0.001
        var steps: [Step] = []
    }

    /// An operation that users or clocks begin.
    struct Root: Sendable {
        var service: String
        var operation: String
        /// Of all traces.
        var share: Double
        var sampling: Sampling
    }

    /// How a root's tracer keeps traces, and what it writes about it.
    enum Sampling: Sendable {
        case always
        /// tracestate `ot=th` on every span.
        case threshold(UInt64)
        /// `sampler.type=probabilistic` and `sampler.param` on the root.
        case tagged(Double)
        /// Keeps by chance and says nothing.
        case silent(Double)
    }

    let services: [String: [Operation]]
    let roots: [Root]
    /// Service and operation that take queued messages in batches, by topic.
    let batchConsumers: [String: (service: String, operation: String, size: Int)]

    static let standard = Shop(
        services: edge.merging(core) { a, _ in a }.merging(back) { a, _ in a },
        roots: [
            Root(service: "web", operation: "GET /", share: 0.30, sampling: .threshold(0x80_0000_0000_0000)),
            Root(
                service: "web", operation: "GET /product/{id}", share: 0.26, sampling: .threshold(0xc0_0000_0000_0000)),
            Root(service: "web", operation: "POST /cart", share: 0.08, sampling: .tagged(0.5)),
            Root(service: "web", operation: "POST /checkout", share: 0.05, sampling: .always),
            Root(service: "mobile", operation: "GET /feed", share: 0.16, sampling: .tagged(0.25)),
            Root(service: "mobile", operation: "GET /search", share: 0.10, sampling: .threshold(0xe666_0000_0000_00)),
            Root(service: "partner-api", operation: "PUT /stock", share: 0.03, sampling: .silent(0.5)),
            Root(service: "scheduler", operation: "expire-carts", share: 0.015, sampling: .always),
            Root(service: "scheduler", operation: "nightly-report", share: 0.005, sampling: .always),
        ],
        batchConsumers: ["stock.changed": ("warehouse", "stock.changed process", 8)])

    private static let edge: [String: [Operation]] = [
        "web": [
            Operation(
                name: "GET /", medianMicroseconds: 900,
                steps: [
                    .parallel([
                        .call("catalog", "Catalog/Featured"), .call("ads", "Ads/Pick"),
                        .call("recommendations", "Recommendations/For"),
                    ]),
                    .local("render page", []),
                ]),
            Operation(
                name: "GET /product/{id}", medianMicroseconds: 700,
                steps: [
                    .call("users", "Users/Session"),
                    .parallel([
                        .call("catalog", "Catalog/Get"), .call("reviews", "Reviews/List"),
                        .call("pricing", "Pricing/Quote"),
                    ]),
                    .maybe(0.4, .call("images", "GET /image")),
                ]),
            Operation(
                name: "POST /cart", medianMicroseconds: 500,
                steps: [.call("users", "Users/Session"), .call("cart", "Cart/Add", retry: 0.9)]),
            Operation(
                name: "POST /checkout", medianMicroseconds: 1200, errorRate: 0.004,
                steps: [
                    .call("users", "Users/Session"), .local("validate", [.call("cart", "Cart/Get")]),
                    .call("checkout", "Checkout/Place", retry: 0.5),
                ]),
        ],
        "mobile": [
            Operation(
                name: "GET /feed", medianMicroseconds: 800,
                steps: [
                    .call("users", "Users/Session"),
                    .parallel([.call("recommendations", "Recommendations/For"), .call("catalog", "Catalog/Featured")]),
                ]),
            Operation(
                name: "GET /search", medianMicroseconds: 600, steps: [.call("search", "Search/Query", retry: 0.3)]),
        ],
        "partner-api": [
            Operation(
                name: "PUT /stock", medianMicroseconds: 400, errorRate: 0.01,
                steps: [.call("inventory", "Inventory/Set")])
        ],
        "scheduler": [
            Operation(
                name: "expire-carts", medianMicroseconds: 2000,
                steps: [
                    .local("select carts", [.database(system: "redis", name: "", verb: "SCAN")]),
                    .call("cart", "Cart/Expire"),
                ]),
            Operation(
                name: "nightly-report", medianMicroseconds: 90_000, spread: 0.2,
                steps: [.parallel([.call("orders", "Orders/Export"), .call("ledger", "Ledger/Close")])]),
        ],
    ]

    private static let core: [String: [Operation]] = [
        "catalog": [
            Operation(
                name: "Catalog/Featured", medianMicroseconds: 1500,
                steps: [.maybe(0.2, .database(system: "postgresql", name: "catalog-db", verb: "SELECT"))]),
            Operation(
                name: "Catalog/Get", medianMicroseconds: 900, spread: 0.7,
                steps: [.local("load product", [.database(system: "postgresql", name: "catalog-db", verb: "SELECT")])]),
        ],
        "search": [
            Operation(
                name: "Search/Query", medianMicroseconds: 9000, spread: 0.9, errorRate: 0.01,
                steps: [
                    .parallel([
                        .external(host: "elastic-1.shop.internal", port: 9200),
                        .external(host: "elastic-2.shop.internal", port: 9200),
                    ]), .call("catalog", "Catalog/Get"),
                ])
        ],
        "recommendations": [
            Operation(
                name: "Recommendations/For", medianMicroseconds: 4000, spread: 0.8,
                steps: [.local("score", []), .database(system: "redis", name: "", verb: "MGET")])
        ],
        "ads": [
            Operation(
                name: "Ads/Pick", medianMicroseconds: 600, errorRate: 0.002,
                steps: [.maybe(0.5, .external(host: "bidder.example", port: 443))])
        ],
        "reviews": [
            Operation(
                name: "Reviews/List", medianMicroseconds: 1100,
                steps: [.database(system: "mongodb", name: "reviews-db", verb: "find")])
        ],
        "pricing": [Operation(name: "Pricing/Quote", medianMicroseconds: 300, spread: 0.3)],
        "images": [Operation(name: "GET /image", medianMicroseconds: 2500, spread: 1.1)],
        "users": [
            Operation(
                name: "Users/Session", medianMicroseconds: 200, spread: 0.4,
                steps: [.maybe(0.3, .database(system: "redis", name: "", verb: "GET"))])
        ],
    ]

    private static let back: [String: [Operation]] = [
        "cart": [
            Operation(
                name: "Cart/Add", medianMicroseconds: 500, errorRate: 0.02,
                steps: [.database(system: "redis", name: "", verb: "HSET")]),
            Operation(
                name: "Cart/Get", medianMicroseconds: 300,
                steps: [.database(system: "redis", name: "", verb: "HGETALL")]),
            Operation(
                name: "Cart/Expire", medianMicroseconds: 5000,
                steps: [.database(system: "redis", name: "", verb: "DEL")]),
        ],
        "checkout": [
            Operation(
                name: "Checkout/Place", medianMicroseconds: 2000, errorRate: 0.003,
                steps: [
                    .call("pricing", "Pricing/Quote"), .call("inventory", "Inventory/Reserve", retry: 0.8),
                    .call("payments", "Payments/Charge", retry: 0.7), .call("orders", "Orders/Create"),
                ])
        ],
        "payments": [
            Operation(
                name: "Payments/Charge", medianMicroseconds: 3000, spread: 0.6, errorRate: 0.02,
                steps: [
                    .call("fraud", "Fraud/Score"), .external(host: "api.bank.example", port: 443),
                    .call("ledger", "Ledger/Book"),
                ])
        ],
        "fraud": [
            Operation(
                name: "Fraud/Score", medianMicroseconds: 7000, spread: 0.3,
                steps: [.local("features", [.local("model", [])])])
        ],
        "ledger": [
            Operation(
                name: "Ledger/Book", medianMicroseconds: 800,
                steps: [.database(system: "postgresql", name: "ledger-db", verb: "INSERT")]),
            Operation(
                name: "Ledger/Close", medianMicroseconds: 60_000, spread: 0.2,
                steps: [.database(system: "postgresql", name: "ledger-db", verb: "SELECT")]),
        ],
        "inventory": [
            Operation(
                name: "Inventory/Reserve", medianMicroseconds: 700, errorRate: 0.015,
                steps: [.database(system: "postgresql", name: "stock-db", verb: "UPDATE")]),
            Operation(
                name: "Inventory/Set", medianMicroseconds: 600,
                steps: [
                    .database(system: "postgresql", name: "stock-db", verb: "UPDATE"), .enqueue(topic: "stock.changed"),
                ]),
        ],
        "orders": [
            Operation(
                name: "Orders/Create", medianMicroseconds: 1000,
                steps: [
                    .database(system: "postgresql", name: "orders-db", verb: "INSERT"),
                    .publish(topic: "orders.placed", consumers: ["email", "analytics", "shipping"]),
                ]),
            Operation(
                name: "Orders/Export", medianMicroseconds: 40_000, spread: 0.2,
                steps: [.database(system: "postgresql", name: "orders-db", verb: "SELECT")]),
        ],
        "email": [
            Operation(
                name: "orders.placed process", medianMicroseconds: 9000, errorRate: 0.01,
                steps: [.external(host: "smtp.mailer.example", port: 587)])
        ],
        "analytics": [Operation(name: "orders.placed process", medianMicroseconds: 400)],
        "shipping": [
            Operation(name: "orders.placed process", medianMicroseconds: 2500, steps: [.call("users", "Users/Session")])
        ],
        "warehouse": [
            Operation(
                name: "stock.changed process", medianMicroseconds: 5000,
                steps: [.database(system: "postgresql", name: "stock-db", verb: "SELECT")])
        ],
    ]
}
