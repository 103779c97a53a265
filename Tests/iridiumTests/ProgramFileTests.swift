import Foundation
import Testing

/// Files that the program reads and writes: what must not be shown, and what must not be lost.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ProgramFileTests {
    private let folder = Folder()

    private var root: [String] { ["--data-root-dir", folder.path] }

    /// A fresh key's file, and the digits that nobody may see.
    private func makeKey() async throws -> (path: String, digits: String) {
        let path = folder.path + "/cluster.key"
        #expect(try await Program.run(["keygen", "--out", path, "--force"]).status == 0)
        let words = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ")
        return (path, String(try #require(words.dropFirst().first)))
    }

    @Test func `a dash is standard input and standard output`() async throws {
        let source = ".data\n.code\nload $0 #7\nhlt\n"
        #expect(try await Program.run(["run", "-"], input: source).status == 0)
        let image = try await Program.run(["asm", "-", "-o", "-"], input: source)
        #expect(image.status == 0)
        #expect(image.output.hasPrefix("EPIE"))
        let key = try await Program.run(["keygen", "--out", "-"])
        #expect(key.output.hasPrefix("iridium-key-"))
        #expect(key.errors.hasPrefix("Made cluster key "))
        #expect(try await Program.run(["keygen", "--out", "-", "--json"]).status == 64)
    }

    @Test func `a key in place of a program is not shown`() async throws {
        let (path, digits) = try await makeKey()
        #expect(digits.count == 64)
        let headless = try folder.write("headless", "\(digits) 3f9a21c0\n")
        for file in [path, headless] {
            for arguments in [[file], ["run", file], ["asm", file, "-o", file + "2"]] {
                for more in [[], ["--json"]] {
                    let result = try await Program.run(arguments + more)
                    #expect(result.errors.contains("IR-56"), "\(arguments + more)")
                    #expect(!(result.output + result.errors).contains(digits.prefix(8)))
                    #expect(result.status == 65)
                }
            }
            let seeds = try await Program.run(["agent", "--seed", "file:" + file] + root)
            #expect(seeds.errors.contains("[IR-56]"))
            #expect(!seeds.errors.contains(digits.prefix(8)))
            let prompt = try await Program.run(
                root, input: "!load_file \(file)\n!spawn \(file)\n!load_file\n\(file)\n")
            #expect(prompt.output.components(separatedBy: "[IR-56]").count == 4)
            #expect(!prompt.output.contains(digits.prefix(8)))
        }
    }

    @Test func `an identity in place of a program is not shown`() async throws {
        let agent = try Program(["agent", "--name", "n1", "--bind", "127.0.0.1:0"] + root)
        #expect(await agent.nextLine()?.hasPrefix("ready n1") == true)
        agent.signal(SIGTERM)
        #expect(await agent.finish().status == 0)
        let path = folder.path + "/nodes/n1/identity.key"
        let digits = try String(contentsOfFile: path, encoding: .utf8).split(separator: " ")[1]
        let result = try await Program.run(["run", path])
        #expect(result.errors.contains("[IR-56]"))
        #expect(!(result.output + result.errors).contains(digits.prefix(8)))
    }

    @Test func `a source is not replaced by its image`() async throws {
        let text = ".data\n.code\nload $0 #4\nhlt\n"
        let source = try folder.write("mine.iasm", text)
        let refused = try await Program.run(["asm", source, "-o", source])
        #expect(refused.errors.contains("[IR-52]"))
        #expect(refused.errors.contains("--force"))
        #expect(refused.status == 73)
        #expect(try String(contentsOfFile: source, encoding: .utf8) == text)
        let image = try folder.write("mine.pie", "")
        for _ in 0..<2 {
            #expect(try await Program.run(["asm", source, "-o", image]).status == 0)
        }
        #expect(try await Program.run(["asm", source, "-o", source, "--force"]).status == 0)
        #expect(
            FileManager.default.contents(atPath: source)
                == FileManager.default.contents(atPath: image))
    }

    #if os(Linux)
        @Test(arguments: [
            ["explain", "4"], ["explain", "4", "--json"], ["agents"], ["keys", "id", "KEY"],
            ["run", "SOURCE"], ["disasm", "IMAGE"],
            ["simulate", "run", "--nodes", "2", "--seconds", "1"],
            ["--data-root-dir", "ROOT"], ["--help"], ["--version"], ["version"], ["help", "agent"],
            ["keys", "rotate", "--help"], ["agent", "--help"], ["config"],
            ["--generate-completion-script", "bash"], ["--generate-completion-script", "zsh"],
            ["--generate-completion-script", "fish"],
        ]) func `an answer that a full disk swallows is an error`(arguments: [String]) async throws
        {
            let source = try folder.write("mine.iasm", ".data\n.code\nhlt\n")
            let places = [
                "KEY": try await makeKey().path, "SOURCE": source, "IMAGE": folder.path + "/image",
                "ROOT": folder.path,
            ]
            #expect(
                try await Program.run(["asm", source, "-o", folder.path + "/image"]).status == 0)
            let result = try await Program.run(
                ["-c", "exec \"$0\" \"$@\" > /dev/full", Program.path]
                    + arguments.map { places[$0] ?? $0 },
                input: "!ps\n", executable: "/bin/sh")
            #expect(result.errors.contains("cannot write to standard output"))
            #expect(result.errors.contains("IR-18"))
            #expect(result.status == 73)
        }
    #endif

    @Test func `the end of a line that is too long is not run`() async throws {
        let result = try await Program.run(
            root, input: String(repeating: "a", count: 1 << 20) + "!history\n!registers\n")
        #expect(result.output.contains("was ignored"))
        #expect(!result.output.contains("!registers"))
        #expect(result.output.contains("    0,\n"))
    }

    @Test func `a pipe that an image is written to stays a pipe`() async throws {
        let source = try folder.write("mine.iasm", ".data\n.code\nhlt\n")
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = try Program(["-c", "exec cat \(pipe)"], executable: "/bin/sh")
        #expect(try await Program.run(["asm", source, "-o", pipe]).status == 0)
        #expect(await reader.finish().output.hasPrefix("EPIE"))
    }
}
