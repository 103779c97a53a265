/// The position of an application's key on the line of 64-bit numbers: the first half of placement.
/// Specs/Placement.md.
package enum KeyPlace {
    /// `H(-, "IR1 place", key)[0..<8]`: the numbers of any two keys are practically independent.
    package static func number(of key: some Sequence<UInt8>) -> UInt64 {
        let contiguous = key.withContiguousStorageIfAvailable { bytes in
            Derivation.place.number(of: UnsafeRawBufferPointer(bytes))
        }
        return contiguous ?? Array(key).withUnsafeBytes { Derivation.place.number(of: $0) }
    }
}
