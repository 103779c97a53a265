import CFuzzer
import IridiumAssembler
import IridiumVM

/// Bytes as an image: loaded, run in slices and step by step, taken apart.
///
/// The input is tried as it is and behind a good header, so that the fuzzer need not find the magic
/// bytes to reach the machine. `run` and `step` must come to the same state.
func run(_ image: [UInt8]) {
    let budget = 2_000
    var decoded = Machine(id: "fuzz", image: image)
    var output = ""
    var isStopped = false
    while !isStopped, decoded.instructionsExecuted < budget {
        let outcome = decoded.run(atMost: min(37, budget - decoded.instructionsExecuted))
        output += decoded.takeOutput()
        if case .stopped = outcome.reason { isStopped = true }
    }
    precondition(decoded.heapLength <= Limits.heapBytes)
    _ = Disassembler.disassemble(image)
    guard Image(parsing: image) != nil, image.count <= Limits.programBytes else { return }

    var plain = Machine(id: "fuzz", image: image)
    var plainOutput = ""
    loop: while plain.instructionsExecuted < budget {
        switch plain.step() {
        case .executed: continue
        case .outputFull: plainOutput += plain.takeOutput()
        case .stopped: break loop
        }
    }
    plainOutput += plain.takeOutput()
    precondition(plain.registers == decoded.registers)
    precondition(plain.programCounter == decoded.programCounter)
    precondition(plain.instructionsExecuted == decoded.instructionsExecuted)
    precondition(plain.stack == decoded.stack)
    precondition(plainOutput == output)
}

func oneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    run(bytes)
    let split = bytes.first.map { Int($0) % 32 } ?? 0
    run(Image(readOnlyData: Array(bytes.prefix(split)), code: Array(bytes.dropFirst(split))).bytes)
    return 0
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments, oneInput)
