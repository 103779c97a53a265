/// The bytes of an array, for closures with a typed throw. The functions of the standard library on
/// raw bytes lose the type of the error.
extension [UInt8] {
    package func withOctets<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try withUnsafeBufferPointer { (bytes) throws(E) in
            try body(UnsafeRawBufferPointer(bytes))
        }
    }

    /// To be written to.
    package mutating func withMutableOctets<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try withUnsafeMutableBufferPointer { (bytes) throws(E) in
            try body(UnsafeMutableRawBufferPointer(bytes))
        }
    }
}
