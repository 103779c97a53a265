extension NodeAlias {
    /// A random UUID (version 4), for a node without a given name.
    static func random() -> NodeAlias {
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        guard let alias = try? NodeAlias(parsing: text) else {
            preconditionFailure("a UUID is a legal name, but \(text) was refused")
        }
        return alias
    }
}
