import Compression

/// Which program this is and what it is made of.
enum Version {
    static let number = "0.1.0"

    /// `spanmill 0.1.0 swift-6.3 zstd 1.5.4 zlib 1.2.13`.
    static var text: String {
        "spanmill \(number) swift-\(compiler) zstd \(CompressionVersions.zstd) zlib \(CompressionVersions.zlib)"
    }

    private static var compiler: String {
        #if swift(>=6.4)
        "6.4"
        #elseif swift(>=6.3)
        "6.3"
        #else
        "6.2"
        #endif
    }
}
