import IridiumNode
import LibC
import SystemPackage

/// Runs another program to its end, without a shell: input in, output out, a bound for each.
///
/// The child has a separate process group, no signal blocked, none of our files open, and of our environment
/// only what `passedOn` names. Blocks; call it on a thread that nothing else needs.
enum ChildCommand {
    enum End: Equatable {
        case exited(Int32)
        case signalled(Int32)
        case late
        case notStarted(Errno)

        /// The fault as a predicate; nil if there is none.
        func problem(_ patience: Duration) -> String? {
            switch self {
            case .exited(0): nil
            case .exited(let code): "ended with \(code)"
            case .signalled(let number): "was ended by signal \(number)"
            case .late: "was killed after \(patience.components.seconds) s"
            case .notStarted(let errno): "could not be started: \(errno.text)"
            }
        }
    }

    /// The output that is kept; the rest is read and dropped.
    static let mostOutput = 4_096
    private static let passedOn = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "XDG_STATE_HOME",
        "STATE_DIRECTORY",
    ]

    /// Whether a program can be executed: at its path, or by its name in a directory of PATH.
    static func isFound(_ program: String) -> Bool {
        guard !program.contains("/") else { return isExecutable(program) }
        let folders = SystemCall.environment("PATH") ?? "/bin:/usr/bin"
        return folders.split(separator: ":", omittingEmptySubsequences: false).contains {
            isExecutable(($0.isEmpty ? "." : $0) + "/" + program)
        }
    }

    private static func isExecutable(_ path: String) -> Bool {
        !SystemCall.isDirectory(path) && access(path, X_OK) == 0
    }

    static func run(
        _ words: [String], environment: [(String, String)], input: [UInt8],
        within patience: Duration
    ) -> (End, output: String) {
        let deadline = ContinuousClock.now + patience
        guard let child = Pipe(), let parent = Pipe() else { return (.notStarted(.last), "") }
        let inherited = passedOn.compactMap { name in
            SystemCall.environment(name).map { (name, $0) }
        }
        let process: pid_t
        do throws(Errno) {
            process = try start(
                words, inherited + environment, input: child.reading, output: parent.writing)
        } catch {
            child.close()
            parent.close()
            return (.notStarted(error), "")
        }
        close(child.reading)
        close(parent.writing)
        var conversation = Conversation(
            process: process, input: child.writing, output: parent.reading, rest: input[...])
        let status = conversation.run(until: deadline)
        return (end(status), String(decoding: conversation.heard, as: UTF8.self))
    }

    /// The status of `waitpid`; nil: it was killed because it was late.
    private static func end(_ status: Int32?) -> End {
        guard let status else { return .late }
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
    }

    private static func start(
        _ words: [String], _ environment: [(String, String)], input: Int32, output: Int32
    ) throws(Errno) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // A copy by `dup2` stays open in the child; the originals close.
        for (from, to) in [(input, 0), (output, 1), (output, 2)] as [(Int32, Int32)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        closeOnExecution()
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.0)=\($0.1)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process = pid_t()
        let code = posix_spawnp(
            &process, words[0], &actions, &attributes, &arguments, &variables)
        guard code == 0 else { throw Errno(rawValue: code) }
        return process
    }

    /// Marks everything that is open, because accepted connections are not. A file that another thread opens
    /// at this moment may slip through; the sockets of the cluster are marked from their start.
    private static func closeOnExecution() {
        for name in SystemCall.list("/proc/self/fd") {
            guard let descriptor = Int32(name), descriptor > 2 else { continue }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    /// Both ends of a pipe, which programs do not inherit.
    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init?() {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { return nil }
            (reading, writing) = (ends[0], ends[1])
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }

        func close() {
            LibC.close(reading)
            LibC.close(writing)
        }
    }

    /// Writes the input and reads the output until the process ends.
    private struct Conversation {
        let process: pid_t
        var input: Int32
        var output: Int32
        var rest: ArraySlice<UInt8>
        var heard: [UInt8] = []

        /// How often it is looked whether the process has ended.
        private static let glance: Int64 = 20

        /// Closes both pipes. nil: the process was killed.
        mutating func run(until deadline: ContinuousClock.Instant) -> Int32? {
            for end in [input, output] {
                _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            }
            defer {
                if input >= 0 { close(input) }
                if output >= 0 { close(output) }
            }
            var status: Int32 = 0
            while ContinuousClock.now < deadline {
                exchange()
                let ended = waitpid(process, &status, WNOHANG)
                guard ended == 0 else {
                    exchange()
                    return ended == process ? status : 0
                }
            }
            kill(-process, SIGKILL)
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            return nil
        }

        private mutating func exchange() {
            // A negative descriptor is passed over.
            var ends = [
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            ]
            guard poll(&ends, 2, Int32(Self.glance)) > 0 else { return }
            if ends[1].revents != 0 { writeSome() }
            if ends[0].revents != 0 { readSome() }
            // Without anything to say or to hear, poll would not wait.
            if input < 0, output < 0 { usleep(UInt32(Self.glance * 1_000)) }
        }

        private mutating func writeSome() {
            let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            rest = rest.dropFirst(max(0, count))
            // All said, or the process does not listen.
            guard rest.isEmpty || count < 0 else { return }
            close(input)
            input = -1
        }

        private mutating func readSome() {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = read(output, &buffer, buffer.count)
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            guard count > 0 else {
                close(output)
                output = -1
                return
            }
            heard += buffer.prefix(min(count, ChildCommand.mostOutput - heard.count))
        }
    }
}
