/// Answers of the owner, and the texts about them.
extension ShellSession {
    /// Passes the answer to the pending request, or another slice for a running program.
    ///
    /// An answer that does not match the pending request is ignored: it came too late.
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
        case .waiting(let request):
            take(answer, to: request, into: &effects)
        }
        return effects
    }

    private mutating func take(
        _ answer: ShellAnswer, to request: ShellRequest, into effects: inout [ShellEffect]
    ) {
        // The session is ready for a line again, unless one of the cases below changes that.
        activity = .idle
        switch (request, answer) {
        case (.joinCluster, .failed(let error)):
            effects.append(.print("Could not connect to cluster!\n" + error.text))
        case (_, .failed(let error)): effects.append(.print(error.text))
        case (_, .interrupted): effects.append(.print("Interrupted.\n"))
        case (.readFile(let path, _, let purpose), .file(let bytes)):
            fileRead(bytes, for: purpose, path: path, into: &effects)
        case (.readFile, .fileFailed(let failure)): fileFailed(failure, into: &effects)
        // The documents say nothing here; `!ps` shows the number.
        case (.spawn, .programSpawned): break
        case (.startCluster, .clusterStarted(let started)):
            effects.append(.print(ClusterText.started(started)))
        case (.joinCluster, .clusterJoined(let joined)):
            effects.append(.print(ClusterText.joined(joined)))
        case (.leaveCluster, .clusterLeft(let told)):
            effects.append(.print(ClusterText.left(told: told)))
        case (.listMembers, .members(let listing)):
            let forget =
                options.reach == .local
                ? ShellCommand.forget.rawValue : MemberTableText.commandLineForget
            effects.append(
                .print("Listing Known Nodes:\n" + MemberTableText.text(listing, forget: forget)))
        case (.listMembers, .clusterOff):
            effects.append(.print("Listing Known Nodes:\n" + ClusterText.off))
        case (.listStates, .states(let listing)): effects.append(.print(StateText.text(listing)))
        case (.listStates, .clusterOff): effects.append(.print(ClusterText.off))
        case (.listEvents, .events(let lines)): effects.append(.print(ClusterText.events(lines)))
        case (.send, .messageSent(let members)):
            effects.append(.print(ClusterText.sent(to: members)))
        case (.listEvents, .clusterOff), (.leaveCluster, .clusterOff), (.send, .clusterOff):
            effects.append(.print(ClusterText.off))
        case (.check, .reachability(let report)):
            effects.append(.print(ClusterText.reachability(report)))
        case (.status, .status(let json)): effects.append(.print(StatusText.text(json)))
        case (.forget, .forgotten(let json)): effects.append(.print(ForgetText.text(json)))
        case (.demo, .demo(let outcome)): effects.append(.print(DemoText.text(outcome)))
        case (.listPrograms, .programs(let rows)): effects.append(.print(ProgramText.table(rows)))
        case (.killProgram, .programKilled(let number)):
            effects.append(.print("Program \(number) is stopped.\n"))
        case (.killProgram, .noSuchProgram(let number)):
            effects.append(.print(IridiumError.noSuchProgram(number).text))
        default: activity = .waiting(for: request)
        }
    }
}
