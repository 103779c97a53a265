import ArgumentParser
import IridiumJSON
import IridiumNode
import IridiumShell
import Membership

/// `iridium tags`.
struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tags",
        abstract: "Show or change the tags of a node of this machine.",
        discussion: """
            Tags are the node's metadata as a JSON object of strings. All members store them; iridium \
            members and iridium wait select by them. All tags of a node share 512 bytes.
            """,
        subcommands: [Show.self, Set.self, Remove.self], defaultSubcommand: Show.self)

    /// `iridium tags`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show the tags (the default).")
        @OptionGroup var client: ClientOptions

        func run() throws { try TagCommand.show(try client.ask(.tags()), client.output.json) }
    }

    /// `iridium tags set`.
    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set some tags; the others stay.")
        @Argument(help: ArgumentHelp("A tag, such as role=web.", valueName: "key=value")) var tags:
            [String]
        @OptionGroup var client: ClientOptions

        func run() throws {
            let tags = try TagOption.parse(tags)
            try TagCommand.show(try client.ask(.tags(set: tags)), client.output.json)
        }
    }

    /// `iridium tags remove`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove some tags; the others stay.")
        @Argument(help: ArgumentHelp("The key of a tag.", valueName: "key")) var keys: [String]
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
            let key = String(text[..<sign])
            guard tags[key] == nil else {
                throw .badValue(option: option, value: text, expected: "each key once")
            }
            tags[key] = String(text[text.index(after: sign)...])
        }
        guard tags.metadata.count <= Bounds.metadataBytes else {
            throw .metadataTooLong(bytes: tags.metadata.count)
        }
        return tags
    }
}
