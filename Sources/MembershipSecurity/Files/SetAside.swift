/// Renames a file within its folder, so that nothing is lost: it can be inspected and put back.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

package enum SetAside {
    /// The reason for setting a file aside; part of its new name.
    package enum Cause: String, Sendable {
        /// It could not be read as the expected kind of file.
        case damaged
        /// An operator wants another file in its place.
        case replaced
    }

    /// The new name: `identity.key.damaged-1767225600`. An existing file with such a name is never
    /// overwritten. Throws if the file could not be moved.
    package static func move(
        _ path: String, _ cause: Cause, at unixSeconds: UInt64
    ) throws(GuardedFileError) -> String {
        let plain = "\(path).\(cause.rawValue)-\(unixSeconds)"
        for attempt in 1...1_000 {
            let aside = attempt == 1 ? plain : "\(plain)-\(attempt)"
            // A link fails if the name is taken; a rename would not.
            if link(path, aside) == 0 {
                guard unlink(path) == 0 else { throw .cannotWrite(path: path, .last) }
                return aside
            }
            let reason = SystemError.last
            guard reason.errno == EEXIST else { throw .cannotWrite(path: path, reason) }
        }
        throw .exists(path: plain)
    }
}
