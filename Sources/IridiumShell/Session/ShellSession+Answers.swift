/// Answers: what the owner found out, and what is said about it.
extension ShellSession {
    /// Hands over the answer to the request that is out, or another slice for a running program.
    ///
    /// What does not belong to what the session waits for is ignored: it came too late.
    package mutating func resume(with answer: ShellAnswer) -> [ShellEffect] {
        var effects: [ShellEffect] = []
        switch activity {
        case .idle, .over: break
        case .awaitingPath:
            if case .interrupted = answer { activity = .idle }
        case .running(let run):
            switch answer {
            case .goOn: self.run(run, into: &effects)
            case .interrupted: finish(run, saying: "Interrupted.", into: &effects)
            default: break
            }
        case .waiting(let pending):
            take(answer, to: pending, into: &effects)
        }
        return effects
    }

    private mutating func take(
        _ answer: ShellAnswer, to pending: Pending, into effects: inout [ShellEffect]
    ) {
        // Until one of the cases below says otherwise the session is ready for a line again.
        activity = .idle
        switch (pending, answer) {
        case (.joinCluster, .failed(let error)):
            effects.append(.print("Could not connect to cluster!\n" + error.text))
        case (_, .failed(let error)): effects.append(.print(error.text))
        case (_, .interrupted): effects.append(.print("Interrupted.\n"))
        case (.file(let purpose, let path), .file(let bytes)):
            fileRead(bytes, for: purpose, path: path, into: &effects)
        case (.file, .fileFailed(let failure)): fileFailed(failure, into: &effects)
        // The documents say nothing here; `!ps` shows the number.
        case (.spawn, .programSpawned): break
        case (.startCluster, .clusterStarted(let started)):
            effects.append(.print(ClusterText.started(started)))
        case (.joinCluster, .clusterJoined(let joined)):
            effects.append(.print(ClusterText.joined(joined)))
        case (.leaveCluster, .clusterLeft(let told)):
            effects.append(.print(ClusterText.left(told: told)))
        case (.members, .members(let listing)):
            effects.append(.print("Listing Known Nodes:\n" + MemberTable.text(listing)))
        case (.members, .clusterOff):
            effects.append(.print("Listing Known Nodes:\n" + ClusterText.off))
        case (.events, .events(let lines)): effects.append(.print(ClusterText.events(lines)))
        case (.send, .messageSent(let members)):
            effects.append(.print(ClusterText.sent(to: members)))
        case (.events, .clusterOff), (.leaveCluster, .clusterOff), (.send, .clusterOff):
            effects.append(.print(ClusterText.off))
        case (.check, .reachability(let report)):
            effects.append(.print(ClusterText.reachability(report)))
        case (.demo, .demo(let outcome)): effects.append(.print(DemoText.text(outcome)))
        case (.programs, .programs(let rows)): effects.append(.print(ProgramText.table(rows)))
        case (.kill, .programKilled(let number)):
            effects.append(.print("Program \(number) is stopped.\n"))
        case (.kill, .noSuchProgram(let number)):
            effects.append(.print(IridiumError.noSuchProgram(number).text))
        default: activity = .waiting(for: pending)
        }
    }
}
