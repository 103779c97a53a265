#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An error of the operating system.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let errno: CInt

    package init(errno: CInt) { self.errno = errno }

    /// The error of the call that just failed.
    static var last: SystemError {
        #if canImport(Glibc)
            SystemError(errno: Glibc.errno)
        #elseif canImport(Musl)
            SystemError(errno: Musl.errno)
        #else
            SystemError(errno: Darwin.errno)
        #endif
    }

    /// In words, the first letter in lower case: "permission denied".
    package var description: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(errno, &buffer, buffer.count) == 0 else { return "error \(errno)" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let first = text.first else { return "error \(errno)" }
        return first.lowercased() + text.dropFirst()
    }
}
