/// Bytes written in hexadecimal: white space separates, and `5A*64` is a byte that stands 64 times.
func hex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
        let parts = word.split(separator: "*")
        let digits = Array(parts[0].utf8)
        precondition(digits.count.isMultiple(of: 2), "odd number of digits in \(word)")
        let run = stride(from: 0, to: digits.count, by: 2).map { index -> UInt8 in
            let pair = String(decoding: digits[index...(index + 1)], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { preconditionFailure("no byte: \(pair)") }
            return byte
        }
        let times = parts.count == 2 ? Int(parts[1]) ?? 0 : 1
        for _ in 0..<times { bytes += run }
    }
    return bytes
}

extension [UInt8] {
    /// Followed by zeros up to the next multiple of 64.
    var padded: [UInt8] { self + Array(repeating: 0, count: (64 - count % 64) % 64) }
}
