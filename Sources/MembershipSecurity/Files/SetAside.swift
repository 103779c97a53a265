/// Giving a file another name beside its own, so that nothing is lost: it can be looked at, and put back.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

package enum SetAside {
    /// Why a file was set aside; part of its new name.
    package enum Cause: String, Sendable {
        /// It could not be read as what it should be.
        case damaged
        /// An operator wants another in its place.
        case replaced
    }

    /// The new name: `identity.key.damaged-1767225600`. Nothing that has such a name already is
    /// written over; throws if the file could not be moved.
    package static func move(
        _ path: String, _ cause: Cause, at unixSeconds: UInt64
    ) throws(GuardedFileError) -> String {
        let plain = "\(path).\(cause.rawValue)-\(unixSeconds)"
        for attempt in 1...1_000 {
            let aside = attempt == 1 ? plain : "\(plain)-\(attempt)"
            // A link fails where the name is taken; a rename would not.
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
