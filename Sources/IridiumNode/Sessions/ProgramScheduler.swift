package import IridiumShell
package import IridiumVM
import NIOPosix
import Synchronization

/// Runs spawned programs in the background, a slice at a time.
///
/// Picture a round table with a few pens: each program that holds a pen writes for a few
/// milliseconds, hands the pen on and goes to the end of the queue. So any number of endless loops
/// share a pool of fixed size, none can starve another, and each can be stopped between two slices.
///
/// Bounds: `mostPrograms` run at one time, and the last `keptRows` that ended are remembered. A slow
/// reader of output delays only the program that prints, and one thread of the pool.
package final class ProgramScheduler: Sendable {
    /// Programs alive at one time.
    package static let mostPrograms = 50_000
    /// Ended programs that `!ps` still shows.
    package static let keptRows = 100
    /// A few milliseconds at the speed of a release build.
    private static let sliceInstructions = 500_000

    /// Receives the reports of a program, in order. Called on a thread of the pool.
    package typealias Owner = @Sendable (Report) -> Void

    /// News of one program.
    package enum Report: Sendable {
        /// Text that it printed.
        case printed(number: Int, text: String)
        /// It has ended by itself.
        case ended(Ending)
    }

    /// The end of a program.
    package struct Ending: Sendable {
        package let number: Int
        package let path: String
        package let machineID: String
        /// Each event with its time, RFC 3339.
        package let events: [(event: Event, at: String)]
    }

    private struct Program: Sendable {
        let path: String
        let owner: Owner
        let spawnedAt: ContinuousClock.Instant
        var startedAt: WallClock?
        var status: ProgramRow.Status = .waiting
        var instructions = 0
        var isKilled = false
        var endedAfter: Duration?

        var isAlive: Bool { endedAfter == nil }
    }

    private struct Table: Sendable {
        var programs: [Int: Program] = [:]
        var ended: [Int] = []
        var alive = 0
        var nextNumber = 0
        var isStopped = false
        var pool: NIOThreadPool?
    }

    private let threads: Int
    private let table = Mutex(Table())

    /// No thread starts before the first program.
    package init(threads: Int) { self.threads = max(1, threads) }

    /// Puts a loaded machine at the end of the queue. Returns its number, or nil if `mostPrograms`
    /// are alive or the scheduler has stopped.
    package func spawn(_ machine: Machine, path: String, owner: @escaping Owner) -> Int? {
        let number: Int? = table.withLock { table in
            guard !table.isStopped, table.alive < Self.mostPrograms else { return nil }
            let number = table.nextNumber
            table.nextNumber += 1
            table.alive += 1
            table.programs[number] = Program(path: path, owner: owner, spawnedAt: .now)
            return number
        }
        if let number { enqueue(machine, number: number) }
        return number
    }

    /// All programs that are alive and the latest that have ended, by number.
    package var rows: [ProgramRow] {
        table.withLock { table in
            table.programs.sorted { $0.key < $1.key }.map { number, program in
                ProgramRow(
                    number: number, path: program.path,
                    // A program that was stopped may still be in its last slice.
                    status: program.isAlive && program.isKilled ? .killed : program.status,
                    instructions: program.instructions,
                    age: program.endedAfter ?? (ContinuousClock.now - program.spawnedAt))
            }
        }
    }

    /// Whether any program is alive, or its owner is still receiving the report of its end.
    package var isBusy: Bool { table.withLock { $0.alive > 0 } }

    /// Stops a program after its present slice. Returns false if there is none, or it has ended.
    package func kill(_ number: Int) -> Bool {
        table.withLock { table in
            guard table.programs[number]?.isAlive == true else { return false }
            table.programs[number]?.isKilled = true
            return true
        }
    }

    /// Stops all programs and the threads. Nothing can be spawned afterwards.
    package func stop() {
        let pool = table.withLock { table in
            table.isStopped = true
            for number in table.programs.keys { table.programs[number]?.isKilled = true }
            defer { table.pool = nil }
            return table.pool
        }
        pool?.shutdownGracefully { _ in }
    }

    private func enqueue(_ machine: Machine, number: Int) {
        let pool = table.withLock { table -> NIOThreadPool? in
            guard !table.isStopped else { return nil }
            if let pool = table.pool { return pool }
            let pool = NIOThreadPool(numberOfThreads: threads)
            table.pool = pool
            pool.start()
            return pool
        }
        guard let pool else { return }
        pool.submit { state in
            guard case .active = state else { return }
            self.runSlice(of: machine, number: number)
        }
    }

    private func runSlice(of machine: consuming Machine, number: Int) {
        guard let owner = begin(number) else { return }
        let outcome = machine.run(atMost: Self.sliceInstructions)
        let text = machine.takeOutput()
        if !text.isEmpty { owner(.printed(number: number, text: text)) }
        switch outcome.reason {
        case .outOfBudget, .outputFull:
            table.withLock {
                $0.programs[number]?.instructions = machine.instructionsExecuted
                $0.programs[number]?.status = .waiting
            }
            enqueue(machine, number: number)
        case .stopped(let stop):
            let status: ProgramRow.Status =
                if case .crashed = stop { .crashed(code: stop.code) } else {
                    .stopped(code: stop.code)
                }
            let instructions = machine.instructionsExecuted
            let program = table.withLock { table in
                Self.end(number, as: status, instructions: instructions, in: &table)
                return table.programs[number]
            }
            if let program {
                owner(.ended(Self.ending(of: machine, number: number, program: program)))
            }
            // A caller that waits for all programs to end wants their last reports first.
            table.withLock { $0.alive -= 1 }
        }
    }

    /// Marks a program as running. Returns nil if it was killed meanwhile.
    private func begin(_ number: Int) -> Owner? {
        table.withLock { table in
            guard var program = table.programs[number] else { return nil }
            guard !program.isKilled else {
                Self.end(number, as: .killed, instructions: program.instructions, in: &table)
                table.alive -= 1
                return nil
            }
            program.status = .running
            program.startedAt = program.startedAt ?? .now
            table.programs[number] = program
            return program.owner
        }
    }

    private static func end(
        _ number: Int, as status: ProgramRow.Status, instructions: Int, in table: inout Table
    ) {
        guard let spawnedAt = table.programs[number]?.spawnedAt else { return }
        table.programs[number]?.status = status
        table.programs[number]?.instructions = instructions
        table.programs[number]?.endedAfter = ContinuousClock.now - spawnedAt
        table.ended.append(number)
        if table.ended.count > keptRows {
            table.programs[table.ended.removeFirst()] = nil
        }
    }

    private static func ending(of machine: Machine, number: Int, program: Program) -> Ending {
        let start = (program.startedAt ?? .now).rfc3339
        let now = WallClock.now.rfc3339
        return Ending(
            number: number, path: program.path, machineID: machine.id,
            events: machine.events.map { event in
                if case .start = event { return (event, start) }
                return (event, now)
            })
    }
}
