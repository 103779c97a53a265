import ArgumentParser

/// How results are shown.
struct OutputOptions: ParsableArguments {
    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "auto, always or never.")
    var color = ColorChoice.auto
}

extension ColorChoice: ExpressibleByArgument {}
