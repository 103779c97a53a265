import CFuzzer
import FuzzTargets

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One program for all targets: the environment says which, since libFuzzer takes the arguments.
enum Chosen {
    static let target: FuzzTarget = {
        let name = getenv("IRIDIUM_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
            print("IRIDIUM_FUZZ_TARGET must be one of \(names)")
            exit(64)
        }
        return target
    }()
}

func oneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    Chosen.target.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments, oneInput)
