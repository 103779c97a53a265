import ArgumentParser

/// The format of results.
struct OutputOptions: ParsableArguments {
    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: ArgumentHelp("Colour in tables and news.", valueName: "when"))
    var color = ColorChoice.auto
}

extension ColorChoice: ExpressibleByArgument {}
