import ArgumentParser
import IridiumNode
import IridiumShell
import MembershipSimulator
import Synchronization

/// `iridium simulate`: clusters within one process, made from a seed.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run clusters in a simulated world: measure, watch, search for failures.",
        discussion: """
            The nodes run the same code as an agent. Network, clocks and chance are simulated, so the \
            same seed gives the same run on every machine. --set name=value changes a constant of the \
            protocol for a run.
            """,
        subcommands: [
            SimulateBars.self, SimulatePredict.self, SimulateScale.self, SimulateRun.self,
            SimulateSwarm.self, SimulateConstants.self,
        ])

    /// Lines on standard output. Progress goes to standard error: one line that is overwritten if
    /// standard error is a terminal, and one line for each new task if it is a file.
    static var output: SimulateCommand.Output {
        let isWatched = isTerminal(2)
        return SimulateCommand.Output(
            line: { write($0 + "\n") },
            progress: { task, done, total in
                if isWatched {
                    StandardError.write("\r\u{1B}[K\(task): \(done) of \(total)")
                } else if done == 0 {
                    StandardError.write("\(task): \(total)\n")
                }
            })
    }

    /// The reason why output was lost. It is reported at the end, because a run continues without
    /// it.
    private static let lost = Mutex<IridiumError?>(nil)

    private static func write(_ text: String) {
        do throws(IridiumError) {
            try StandardOutput.write(text)
        } catch {
            lost.withLock { $0 = error }
        }
    }

    /// Ends the line of progress, and the process with code 1 unless `isGood`.
    static func finish(_ isGood: Bool) throws {
        if isTerminal(2) { StandardError.write("\r\u{1B}[K") }
        if let error = lost.withLock({ $0 }) { throw error }
        if !isGood { throw ExitCode(1) }
    }

    static func checkWorkers(_ workers: Int) throws {
        guard (1...1_024).contains(workers) else {
            throw ValidationError("--workers takes 1 to 1024")
        }
    }
}
