#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Seconds since 1970 by the wall clock: for times that outlive processes, such as the end of a
/// retired key.
func unixSeconds() -> UInt64 { UInt64(max(0, time(nil))) }
