#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Seconds since 1970 by the wall: for what outlives processes, as the time until a key is retired.
func unixSeconds() -> UInt64 { UInt64(max(0, time(nil))) }
