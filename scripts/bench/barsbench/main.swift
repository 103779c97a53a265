// `iridium simulate bars` with a column of memberlist's rules. Usage: barsbench [SEEDS [ROW,ROW]]
import MemberlistRules
import MembershipSimulator

let words = CommandLine.arguments.dropFirst()
guard words.count <= 2, let seeds = Int(words.first ?? "200"), (1...1_000_000).contains(seeds) else {
    fatalError("usage: scripts/bench/bars [SEEDS [ROW,ROW]]: SEEDS is 1 to 1000000")
}
var options = Bars.Options()
options.seeds = seeds
options.peer = .memberlist
options.workers = 2
if words.count == 2, let names = words.last {
    options.bars = names.split(separator: ",").flatMap { Bar.named(String($0)) }
    guard !options.bars.isEmpty else {
        fatalError("no row of \(names); the rows are \(Bar.all.map(\.id).joined(separator: " "))")
    }
}
_ = await SimulateCommand.bars(options, to: SimulateCommand.Output(line: { print($0) }))
