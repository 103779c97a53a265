/// Numbers in network order at an offset of a buffer.
extension UnsafeRawBufferPointer {
    func load<T: FixedWidthInteger>(bigEndianAt offset: Int, as type: T.Type = T.self) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    func store(bigEndian number: some FixedWidthInteger, at offset: Int) {
        storeBytes(of: number.bigEndian, toByteOffset: offset, as: type(of: number))
    }
}
