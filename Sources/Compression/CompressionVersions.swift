internal import CZlib
internal import CZstd

/// The libraries in use, for `--version`.
public enum CompressionVersions {
    public static var zstd: String { ZSTD_versionString().map { String(cString: $0) } ?? "unknown" }
    public static var zlib: String { zlibVersion().map { String(cString: $0) } ?? "unknown" }
}
