import CFuzzer
import IridiumAssembler
import IridiumVM

/// Bytes as a source: assembled, alone and as a line of a prompt. An image must survive disassembling and
/// assembling; other bytes must produce an error with its place.
func oneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    assemble(bytes)
    assemble(Array(".data\n.code\n".utf8) + bytes)
    _ = try? Assembler.assembleLine(
        String(decoding: bytes, as: UTF8.self), at: 0, symbols: SymbolTable())
    return 0
}

func assemble(_ source: [UInt8]) {
    do throws(AssemblyFailure) {
        let image = try Assembler.assemble(bytes: source).image
        guard let text = Disassembler.disassemble(image) else {
            preconditionFailure("no source of an assembled image")
        }
        let again = try Assembler.assemble(text).image
        precondition(again == image)
    } catch {
        precondition(!error.errors.isEmpty)
        precondition(error.errors.allSatisfy { $0.line >= 1 && $0.column >= 1 })
        _ = error.rendered(file: "source")
        _ = error.json
    }
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
_ = LLVMFuzzerRunDriver(&count, &arguments, oneInput)
