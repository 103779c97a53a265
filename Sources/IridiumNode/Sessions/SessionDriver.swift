package import IridiumShell

/// What a race between work and Ctrl-C came to.
enum ShellAnswerOrInterruption: Sendable {
    case answer(ShellAnswer)
    case interrupted
}

/// Carries out what a session wants, until it is ready for the next line.
///
/// The session decides and the node does; this is the loop between them, the same for a terminal,
/// a pipe and a remote connection.
package struct SessionDriver: Sendable {
    private let node: Node
    private let interruption: Interruption
    private let programs: ProgramScheduler.Owner

    /// `programs` is told what programs spawned by this session print and how they end.
    package init(
        node: Node, interruption: Interruption, programs: @escaping ProgramScheduler.Owner
    ) {
        self.node = node
        self.interruption = interruption
        self.programs = programs
    }

    /// What comes after a line.
    package enum Next: Equatable, Sendable {
        case nextLine
        case quit
    }

    /// Submits a line and performs what it leads to. `show` is given text exactly as it is.
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
                    // Others of this process want the thread too.
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

    /// Waits until no spawned program is alive, but not for ever.
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
