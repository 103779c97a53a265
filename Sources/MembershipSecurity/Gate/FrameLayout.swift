/// The layout of a datagram frame. Specs/Wire.md, section 2.
///
///      0  u8   0x49 'I'
///      1  u8   version << 4 | suite
///      2  u16  key id
///      4  u32  mac1: SipHash over header[0..<4], header[8..<32] and the receiver's boot id
///      8  u64  boot id of the sender   \
///     16  u64  sequence, from 1         > the nonce of 24 bytes
///     24  u64  hedge                   /
///     32  …    ciphertext of the padded plaintext; header[0..<32] is authenticated with it
///      n  16   tag
package enum FrameLayout {
    package static let magic: UInt8 = 0x49
    package static let version: UInt8 = 1

    package static let suiteOffset = 1
    package static let keyIDOffset = 2
    package static let macOffset = 4
    package static let senderOffset = 8
    package static let sequenceOffset = 16
    package static let hedgeOffset = 24
    package static let nonce = 8..<32
    package static let headerBytes = 32
    package static let tagBytes = 16
    /// The bytes that a frame has beyond its plaintext.
    package static let overheadBytes = headerBytes + tagBytes
}
