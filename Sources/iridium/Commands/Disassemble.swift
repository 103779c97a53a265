import ArgumentParser
import IridiumAssembler
import IridiumJSON
import IridiumNode
import IridiumShell

/// `iridium disasm`.
struct Disassemble: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disasm",
        abstract: "Write an image as source that assembles to the same bytes.")

    @Argument(help: "The image; - reads standard input.") var image: String
    @OptionGroup var output: OutputOptions

    func run() throws {
        guard let source = Disassembler.disassemble(try ProgramFile.read(image)) else {
            throw IridiumError.notAnImage(path: image)
        }
        let json: JSON = [
            "schema": "iridium.source/1", "image": .string(image), "source": .string(source),
        ]
        try StandardOutput.write(output.json ? json.line + "\n" : source)
    }
}
