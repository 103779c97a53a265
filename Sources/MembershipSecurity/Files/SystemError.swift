/// What the operating system said when it refused.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `errno`.
    package let number: Int32

    package init(number: Int32) { self.number = number }

    /// Of the call that just failed.
    static var last: SystemError { SystemError(number: errno) }

    /// In words, lower case: "permission denied".
    package var description: String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
