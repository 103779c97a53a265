package import IridiumShell

/// The result of a race between work and Ctrl-C.
enum ShellAnswerOrInterruption: Sendable {
    case answer(ShellAnswer)
    case interrupted
}

/// Carries out the effects of a session until it is ready for the next line.
///
/// The session decides and the node acts. This is the loop between them, the same for a terminal, a
/// pipe and a remote connection.
package struct SessionDriver: Sendable {
    private let node: Node
    private let interruption: Interruption
    private let programs: ProgramScheduler.Owner

    /// `programs` receives the output of programs spawned by this session, and their ends.
    package init(
        node: Node, interruption: Interruption, programs: @escaping ProgramScheduler.Owner
    ) {
        self.node = node
        self.interruption = interruption
        self.programs = programs
    }

    /// The state after a line.
    package enum Next: Equatable, Sendable {
        case nextLine
        case quit
    }

    /// Submits a line and performs its effects. `show` receives text exactly as it is.
    package func submit(
        _ line: String, to session: inout ShellSession, show: (String) async -> Void
    ) async -> Next {
        var effects = session.submit(line)
        while true {
            var answer: ShellAnswer?
            for effect in effects {
                switch effect {
                case .print(let text): await show(text)
                case .quit: return .quit
                case .run:
                    // Other tasks of this process need the thread too.
                    await Task.yield()
                    let isStopped = interruption.take() || Task.isCancelled
                    answer = isStopped ? .interrupted : .goOn
                case .ask(let request): answer = await answerOrInterruption(request)
                }
            }
            guard let answer else { return .nextLine }
            effects = session.resume(with: answer)
        }
    }

    /// Waits until no spawned program is alive, at most for `patience`.
    package func finishPrograms(within patience: Duration) async {
        let deadline = ContinuousClock.now + patience
        while node.scheduler.isBusy, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func answerOrInterruption(_ request: ShellRequest) async -> ShellAnswer {
        let node = node
        let programs = programs
        let outcome = await interruption.race {
            .answer(await node.answer(request, programs: programs))
        }
        return switch outcome {
        case .answer(let answer): answer
        case .interrupted: .interrupted
        }
    }
}
