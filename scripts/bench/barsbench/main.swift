// `iridium simulate bars` with a column of memberlist's rules. Usage: barsbench [SEEDS [ROW,ROW]]
import LibC
import MemberlistRules
import MembershipSimulator

/// Ends the process with what is wrong with its arguments.
func refuse(_ problem: String) -> Never {
    let text = "bars: \(problem)\nusage: scripts/bench/bars [SEEDS [ROW,ROW]]: SEEDS is 1 to 1000000\n"
    _ = Array(text.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    exit(64)
}

let words = CommandLine.arguments.dropFirst()
guard words.count <= 2, let seeds = Int(words.first ?? "200"), (1...1_000_000).contains(seeds) else {
    refuse("'\(words.joined(separator: " "))' is no number of seeds, or too much")
}
var options = Bars.Options()
options.seeds = seeds
options.peer = .memberlist
options.workers = 2
if words.count == 2, let names = words.last {
    options.bars = names.split(separator: ",").flatMap { Bar.named(String($0)) }
    guard !options.bars.isEmpty else {
        refuse("there is no row '\(names)'; the rows are \(Bar.all.map(\.id).joined(separator: " "))")
    }
}
_ = await SimulateCommand.bars(options, to: SimulateCommand.Output(line: { print($0) }))
