import IridiumAssembler
import IridiumNode
import IridiumShell
import IridiumVM
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct ProgramSchedulerTests {
    private func machine(_ code: String, data: String = "") throws -> Machine {
        let assembly = try Assembler.assemble(".data\n\(data)\n.code\n\(code)\n")
        return Machine(id: "m", image: assembly.image)
    }

    private func endless() throws -> Machine {
        try machine("load $0 #1\nagain: inc $1\neq $0 $0\ndjmpe @again")
    }

    @Test func `numbers count from 0`() throws {
        let scheduler = ProgramScheduler(threads: 1)
        defer { scheduler.stop() }
        let program = try machine("hlt")
        #expect((0..<3).map { _ in scheduler.spawn(program, path: "p") { _ in } } == [0, 1, 2])
    }

    @Test func `endless programs on one thread do not keep another from ending`() async throws {
        let scheduler = ProgramScheduler(threads: 1)
        defer { scheduler.stop() }
        for _ in 0..<3 { _ = scheduler.spawn(try endless(), path: "loop") { _ in } }
        let (reports, feed) = AsyncStream.makeStream(of: ProgramScheduler.Report.self)
        let program = try machine("prts @hello\nload $0 #4\nhlt", data: "hello: .asciiz 'Hello!'")
        let number = scheduler.spawn(program, path: "hello") { feed.yield($0) }
        var printed = ""
        for await report in reports {
            switch report {
            case .printed(_, let text): printed += text
            case .ended(let ending):
                #expect(ending.number == number)
                #expect(ending.events.map(\.event) == [.start, .gracefulStop(code: 0)])
                feed.finish()
            }
        }
        #expect(printed == "Hello!")
        #expect(scheduler.rows.last?.status == .stopped(code: 0))
        #expect(scheduler.isBusy)
    }

    @Test func `a stopped program is gone and its number is not given again`() throws {
        let scheduler = ProgramScheduler(threads: 1)
        defer { scheduler.stop() }
        #expect(scheduler.spawn(try endless(), path: "loop") { _ in } == 0)
        #expect(scheduler.kill(0))
        #expect(scheduler.rows.map(\.status) == [.killed])
        #expect(scheduler.spawn(try endless(), path: "loop") { _ in } == 1)
        #expect(!scheduler.kill(7))
    }

    @Test func `one program more than the bound is refused`() throws {
        let scheduler = ProgramScheduler(threads: 1)
        defer { scheduler.stop() }
        let program = try endless()
        for number in 0..<50_000 {
            guard scheduler.spawn(program, path: "loop", owner: { _ in }) == number else {
                Issue.record("number \(number) was refused")
                return
            }
        }
        #expect(scheduler.spawn(program, path: "loop") { _ in } == nil)
    }

    @Test func `a crash is reported with its code`() async throws {
        let scheduler = ProgramScheduler(threads: 1)
        defer { scheduler.stop() }
        let (reports, feed) = AsyncStream.makeStream(of: ProgramScheduler.Report.self)
        _ = scheduler.spawn(try machine("div $0 $1 $2\nhlt"), path: "div") { feed.yield($0) }
        for await report in reports {
            guard case .ended(let ending) = report else { continue }
            #expect(ending.events.last?.event.stopCode == Crash.Kind.division.rawValue)
            feed.finish()
        }
        #expect(scheduler.rows.map(\.status) == [.crashed(code: Crash.Kind.division.rawValue)])
    }

    @Test func `nothing is spawned after the end`() throws {
        let scheduler = ProgramScheduler(threads: 1)
        scheduler.stop()
        #expect(scheduler.spawn(try endless(), path: "loop") { _ in } == nil)
    }
}
