/// `seeds.txt`: a number at the start of each line; `#` begins a comment.
enum SeedFile {
    static let seeds: [UInt64] = String(decoding: PackageResources.seeds_txt, as: UTF8.self)
        .split(separator: "\n")
        .compactMap { UInt64($0.prefix { $0.isNumber }) }
}
