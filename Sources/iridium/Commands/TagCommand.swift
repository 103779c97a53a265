import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership

/// `iridium tags`.
struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "Show or change what a node of this machine says about itself.",
        discussion: """
            Tags are the node's metadata as a JSON object of strings: all members store it, and \
            members and wait select by it. All tags of a node share 512 bytes.
            """,
        subcommands: [Show.self, Set.self, Remove.self], defaultSubcommand: Show.self)

    /// `iridium tags`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show them (the default).")
        @OptionGroup var client: ClientOptions

        func run() throws { try TagCommand.show(try client.ask(.tags()), client.output.json) }
    }

    /// `iridium tags set`.
    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set some tags; the others stay.")
        @Argument(help: ArgumentHelp("role=web", valueName: "key=value")) var tags: [String]
        @OptionGroup var client: ClientOptions

        func run() throws {
            let tags = try TagOption.parse(tags)
            try TagCommand.show(try client.ask(.tags(set: tags)), client.output.json)
        }
    }

    /// `iridium tags remove`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take some tags away; the others stay.")
        @Argument(help: ArgumentHelp("Its key.", valueName: "key")) var keys: [String]
        @OptionGroup var client: ClientOptions

        func run() throws {
            try TagCommand.show(try client.ask(.tags(removing: keys)), client.output.json)
        }
    }

    private static func show(_ answer: (line: String, json: JSON), _ isJSON: Bool) throws {
        guard !isJSON else {
            try StandardOutput.write(answer.line + "\n")
            return
        }
        var tags = Tags()
        for field in answer.json["tags"]?.fields ?? [] { tags[field.key] = field.value.text }
        try StandardOutput.write(tags.count == 0 ? "No tags.\n" : "\(tags)\n")
    }
}

/// `--tag`: a key, an equals sign and a value.
enum TagOption {
    static func parse(_ texts: [String], option: String = "a tag") throws(IridiumError) -> Tags {
        var tags = Tags()
        for text in texts {
            guard let sign = text.firstIndex(of: "="), sign > text.startIndex else {
                throw .badValue(
                    option: option, value: text, expected: "KEY=VALUE, such as role=web")
            }
            tags[String(text[..<sign])] = String(text[text.index(after: sign)...])
        }
        guard tags.metadata.count <= Bounds.metadataBytes else {
            throw .metadataTooLong(bytes: tags.metadata.count)
        }
        return tags
    }
}
