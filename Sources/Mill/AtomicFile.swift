import Glibc

/// Replaces a file whole or not at all: written aside, synced, renamed.
///
/// - Returns: whether the content differed; an unchanged file is left alone.
/// - Throws: exit status 73, or 77 where permission lacks.
@discardableResult
public func writeAtomically(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(MillError) -> Bool {
    if let present = readFile(path, limit: bytes.count + 1), present == bytes { return false }
    let aside = "\(path).\(getpid()).tmp"
    let descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw cannotWrite(path) }
    var offset = 0
    while offset < bytes.count {
        let start = offset
        let count = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map { write(descriptor, $0 + start, buffer.count - start) } ?? 0
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        offset += count
    }
    let isWhole = offset == bytes.count && fsync(descriptor) == 0
    guard close(descriptor) == 0, isWhole, rename(aside, path) == 0 else {
        let error = cannotWrite(path)
        unlink(aside)
        throw error
    }
    syncFolder(of: path)
    return true
}

private func cannotWrite(_ path: String) -> MillError {
    let code: MillError.Code = errno == EACCES || errno == EPERM ? .permission : .cannotCreate
    return MillError(
        code, "cannot write \(path): \(String(cString: strerror(errno)).lowercased()); what was there stays")
}

/// Makes the new name itself survive a crash.
private func syncFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
}

/// The bytes of a file, at most `limit` of them; nil when it cannot be read.
func readFile(_ path: String, limit: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit)
    var offset = 0
    while offset < limit {
        let start = offset
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { read(descriptor, $0 + start, limit - start) } ?? 0
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        offset += count
    }
    bytes.removeLast(limit - offset)
    return bytes
}
