import Glibc
import IridiumAssembler
import IridiumVM

/// How many instructions a second the machine executes, by user time, for the loops of
/// Specs/VM.md, section 8. Usage: vmbench [rounds of the loop] [runs]
struct Benchmark: Sendable {
    let name: String
    /// The source, given how often its loop runs: a number of up to 31 bits.
    let source: @Sendable (Int) -> String

    static let all = [
        Benchmark(name: "counting loop (inc, neq, djmpe)") { rounds in
            """
            .data
            .code
            load $0 #0
            load $1 #\(rounds)
            again: inc $0
            neq $0 $1
            djmpe @again
            hlt
            """
        },
        Benchmark(name: "six instructions (add, xor, and, inc, neq, djmpe)") { rounds in
            """
            .data
            .code
            load $0 #0
            load $1 #\(rounds)
            load $2 #7
            load $3 #255
            again: add $4 $2 $4
            xor $4 $0 $5
            and $5 $3 $6
            inc $0
            neq $0 $1
            djmpe @again
            hlt
            """
        },
        Benchmark(name: "calls (call, push, pop, ret, dec, gt, djmpe)") { rounds in
            """
            .data
            .code
            load $0 #\(rounds)
            again: call @routine
            dec $0
            gt $0 $1
            djmpe @again
            hlt
            routine: push $0
            pop $2
            ret
            """
        },
        Benchmark(name: "memory (setm, loadm, add, inc, neq, djmpe)") { rounds in
            """
            .data
            .code
            load $0 #0
            load $1 #\(rounds)
            load $2 #16
            again: setm $2 $0
            loadm $2 $3
            add $3 $4 $4
            inc $0
            neq $0 $1
            djmpe @again
            hlt
            """
        },
        // Starting numbers below 113,383: that one's path leaves 32 bits and never ends.
        Benchmark(name: "branches (collatz: div, mul, eq, djmpe)") { rounds in
            """
            .data
            .code
            load $1 #1
            load $2 #2
            load $3 #3
            load $7 #0
            load $8 #\(min(100_000, rounds / 100 + 1))
            outer: inc $7
            add $7 $9 $0
            again: eq $0 $1
            djmpe @done
            div $0 $2 $5
            mul $5 $2 $6
            eq $6 $0
            djmpe @even
            mul $0 $3 $0
            inc $0
            eq $9 $9
            djmpe @again
            even: add $5 $9 $0
            eq $9 $9
            djmpe @again
            done: neq $7 $8
            djmpe @outer
            hlt
            """
        },
    ]

    /// Runs the loop once. Returns instructions and seconds of user time.
    func measure(rounds: Int) throws -> (instructions: Int, seconds: Double) {
        var machine = Machine(id: "bench", image: try Assembler.assemble(source(rounds)).image)
        let start = userSeconds()
        var outcome: Outcome
        // In slices, as a node runs its programs.
        repeat { outcome = machine.run(atMost: 1_000_000) } while outcome.reason == .outOfBudget
        let seconds = userSeconds() - start
        guard outcome.reason == .stopped(.halted) else { throw NotHalted(reason: outcome.reason) }
        return (machine.instructionsExecuted, seconds)
    }
}

struct NotHalted: Error {
    let reason: Outcome.Reason
}

/// User time of this process so far.
func userSeconds() -> Double {
    var usage = rusage()
    let thisProcess: Int32 = 0  // RUSAGE_SELF, whose type differs from system to system
    getrusage(thisProcess, &usage)
    return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1_000_000
}

let words = CommandLine.arguments.dropFirst()
guard words.count <= 2,
    let rounds = Int(words.first ?? "100000000"), (1...Int(Int32.max)).contains(rounds),
    let runs = Int(words.dropFirst().first ?? "5"), (1...1_000).contains(runs)
else {
    let usage = "usage: scripts/bench/run-vm [ROUNDS, 1 to 2147483647 [RUNS, 1 to 1000]]\n"
    _ = Array(usage.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    exit(64)
}
for benchmark in Benchmark.all {
    let rates = try (0..<runs).map { _ in
        let (instructions, seconds) = try benchmark.measure(rounds: rounds)
        return Double(instructions) / seconds / 1_000_000
    }
    let all = rates.map { String(Int($0)) }.joined(separator: " ")
    print("\(benchmark.name): \(Int(rates.sorted()[runs / 2])) M instructions/s, runs \(all)")
}
