import MembershipCore
import MembershipWire

/// A small language for the actions on a world:
///
/// ```
/// 10s kill n3; 12s pause n4-n6 for 2s; 20s split n0-n49 for 60s; 30s loss 20% for 10s
/// ```
/// Each piece: a time, a verb, the hosts, an amount, and `for` a duration. Hosts: `n3`, `n3,n5`,
/// `n0-n9`, `all`. Times: `250ms`, `2s`, `1.5s`, `2m`.
package enum FaultLanguage {
    package struct ParseError: Error, Hashable, Sendable {
        /// The piece that cannot be read.
        package let piece: String
        /// The reason, and a valid form.
        package let reason: String

        package var description: String { "cannot read '\(piece)': \(reason)" }
    }

    /// The arguments of each verb, for help texts.
    package static let summary = [
        "kill HOSTS [for TIME]", "abort HOSTS [for TIME]", "remove HOSTS", "vanish HOSTS",
        "restart HOSTS [amnesia]", "leave HOSTS",
        "start HOSTS [as NAME] [copying HOST]",
        "pause HOSTS for TIME [timers-first]", "exhaust HOSTS for TIME",
        "starve HOSTS TIME for TIME", "leap HOSTS TIME",
        "loss PERCENT [HOSTS] for TIME", "udp-loss PERCENT [HOSTS] for TIME",
        "refuse-tcp HOSTS [from HOSTS] for TIME", "drop-tcp HOSTS [from HOSTS] for TIME",
        "uncallable HOSTS for TIME",
        "reset-streams HOSTS", "mute HOSTS for TIME",
        "deafen HOSTS for TIME",
        "isolate HOSTS for TIME", "split HOSTS for TIME", "oneway HOSTS for TIME",
        "duplicate PERCENT for TIME", "reorder PERCENT TIME for TIME", "latency TIME for TIME",
        "update HOSTS", "write HOSTS [BYTES]", "message HOSTS", "rotate HOSTS", "accuse HOST HOST",
        "ghosts COUNT HOST for TIME",
    ]

    /// More than any episode needs.
    fileprivate static let mostGhosts = 10_000

    package static func parse(
        _ text: String, hostCount: Int
    ) throws(ParseError) -> [PlannedAction] {
        var actions: [PlannedAction] = []
        for (number, piece) in text.split(separator: ";").enumerated() {
            let words = piece.split(separator: " ").map(String.init)
            guard !words.isEmpty else { continue }
            var reader = PieceReader(words: words, hostCount: hostCount, number: number)
            actions += try reader.read()
        }
        return actions
    }
}

/// Reads one piece of the language.
private struct PieceReader {
    typealias ParseError = FaultLanguage.ParseError

    let words: [String]
    let hostCount: Int
    let number: Int
    private var position = 0

    init(words: [String], hostCount: Int, number: Int) {
        self.words = words
        self.hostCount = hostCount
        self.number = number
    }

    mutating func read() throws(ParseError) -> [PlannedAction] {
        let start = WorldInstant.beginning + (try time())
        let verb = try word("a verb")
        switch verb {
        case "kill", "abort": return try end(verb, at: start)
        case "start": return try startHosts(at: start)
        case "accuse":
            let (liar, target) = (try host(word("a host")), try host(word("another host")))
            try end()
            return [PlannedAction(at: start, .accuse(liar, of: target))]
        case "write": return try write(at: start)
        case "ghosts": return try ghosts(at: start)
        case "remove", "vanish", "leave", "restart", "update", "message", "rotate":
            return try once(verb, at: start)
        case "pause", "exhaust", "starve", "leap": return try slow(verb, at: start)
        case "reset-streams":
            let isAll = position < words.count && words[position] == "all"
            let hosts = try self.hosts()
            try end()
            return [PlannedAction(at: start, .resetStreams(isAll ? nil : hosts))]
        case "refuse-tcp": return try filter(.refuses, at: start)
        case "drop-tcp": return try filter(.drops, at: start)
        default: return try network(verb, at: start)
        }
    }

    /// Ends a process. It starts again after the time of `for`, if there is one.
    private mutating func end(
        _ verb: String, at start: WorldInstant
    ) throws(ParseError) -> [PlannedAction] {
        let hosts = try self.hosts()
        let returns = position < words.count && words[position] == "for"
        let back = returns ? start + (try length()) : nil
        try end()
        return hosts.flatMap { host in
            let ending = PlannedAction(at: start, verb == "kill" ? .crash(host) : .abort(host))
            guard let back else { return [ending] }
            return [ending, PlannedAction(at: back, .start(host))]
        }
    }

    /// Starts hosts, perhaps with new identities.
    private mutating func startHosts(
        at start: WorldInstant
    ) throws(ParseError) -> [PlannedAction] {
        let hosts = try self.hosts()
        var before: [Action] = []
        if takes("as") {
            let text = try word("a name")
            guard let alias = try? NodeAlias(parsing: text) else {
                throw error("'\(text)' is no name of a node")
            }
            before += hosts.map { .rename($0, alias) }
        }
        if takes("copying") {
            let source = try host(word("a host"))
            before += hosts.map { .copyIdentity(to: $0, from: source) }
        }
        try end()
        return (before + hosts.map { .start($0) }).map { PlannedAction(at: start, $0) }
    }

    /// A host makes up members, and refutes in their names twice a second.
    private mutating func ghosts(at start: WorldInstant) throws(ParseError) -> [PlannedAction] {
        let text = try word("a count")
        guard let count = Int(text), (1...FaultLanguage.mostGhosts).contains(count) else {
            throw error("'\(text)' is no count from 1 to \(FaultLanguage.mostGhosts)")
        }
        let host = try host(word("a host"))
        let length = try length()
        try end()
        return PlannedAction.ghosts(count, by: host, from: start, for: length)
    }

    private mutating func filter(
        _ filter: ConnectionFilter, at start: WorldInstant
    ) throws(ParseError) -> [PlannedAction] {
        let receivers = try filtered()
        let senders: [Int?] = takes("from") ? try filtered() : [nil]
        let stop = start + (try length())
        try end()
        return receivers.flatMap { receiver in
            senders.flatMap { sender in
                [
                    PlannedAction(
                        at: start, .setConnectionFilter(from: sender, to: receiver, filter)),
                    PlannedAction(
                        at: stop, .setConnectionFilter(from: sender, to: receiver, .passes)),
                ]
            }
        }
    }

    /// Hosts, or nil for all of them: then one rule is enough.
    private mutating func filtered() throws(ParseError) -> [Int?] {
        takes("all") ? [nil] : try hosts().map(Optional.some)
    }

    private mutating func once(
        _ verb: String, at start: WorldInstant
    ) throws(ParseError) -> [PlannedAction] {
        let hosts = try self.hosts()
        let remembers = !takes("amnesia")
        try end()
        return hosts.map { host in
            let action: Action =
                switch verb {
                case "remove": .remove(host)
                case "vanish": .vanish(host)
                case "leave": .leave(host)
                case "rotate": .rotateKeys(host)
                case "restart": .restart(host, remembersIncarnation: remembers)
                case "update": .setMetadata(host, [UInt8(truncatingIfNeeded: number)])
                default: .broadcast(host, type: 1, payload: [UInt8(truncatingIfNeeded: number)])
                }
            return PlannedAction(at: start, action)
        }
    }

    /// The hosts write one value of their states, of 1 byte or as many as said.
    private mutating func write(at start: WorldInstant) throws(ParseError) -> [PlannedAction] {
        let hosts = try self.hosts()
        var count = 1
        if position < words.count {
            let text = try word("a number of bytes")
            guard let number = Int(text), (0...Bounds.stateValueBytes).contains(number) else {
                throw error("'\(text)' is no number of bytes from 0 to \(Bounds.stateValueBytes)")
            }
            count = number
        }
        try end()
        guard let key = StateKey("value") else { return [] }
        let value = Array(repeating: UInt8(truncatingIfNeeded: number), count: count)
        return hosts.map {
            PlannedAction(at: start, .writeState($0, StateEntry(key: key, value: value)))
        }
    }

    private mutating func slow(
        _ verb: String, at start: WorldInstant
    ) throws(ParseError) -> [PlannedAction] {
        let hosts = try self.hosts()
        switch verb {
        case "leap":
            let leap = try time()
            try end()
            return hosts.map { PlannedAction(at: start, .leapClock($0, by: leap)) }
        case "exhaust":
            let stop = start + (try length())
            try end()
            return hosts.flatMap {
                [
                    PlannedAction(at: start, .setExhausted($0, true)),
                    PlannedAction(at: stop, .setExhausted($0, false)),
                ]
            }
        case "starve":
            let delay = try time()
            let stop = start + (try length())
            try end()
            return hosts.flatMap {
                [
                    PlannedAction(at: start, .starve($0, receive: delay, send: .zero)),
                    PlannedAction(at: stop, .starve($0, receive: .zero, send: .zero)),
                ]
            }
        default:
            let stop = start + (try length())
            let order: WakeOrder = takes("timers-first") ? .timersFirst : .socketsFirst
            try end()
            return hosts.flatMap {
                [PlannedAction(at: start, .pause($0)), PlannedAction(at: stop, .resume($0, order))]
            }
        }
    }

    private mutating func network(
        _ verb: String, at start: WorldInstant
    ) throws(ParseError) -> [PlannedAction] {
        var begins: [Action] = []
        var ends: [Action] = []
        switch verb {
        case "loss":
            let loss = try percent()
            if position < words.count, words[position] != "for" {
                for host in try hosts() {
                    begins.append(.setHostLoss(host, inbound: loss, outbound: loss))
                    ends.append(.setHostLoss(host, inbound: .never, outbound: .never))
                }
            } else {
                begins = [.setLoss(loss)]
                ends = [.setLoss(.never)]
            }
        case "udp-loss":
            let loss = try percent()
            let some: [Int]? =
                position < words.count && words[position] != "for" ? try hosts() : nil
            for host in some.map({ $0.map(Optional.some) }) ?? [nil] {
                begins.append(.setDatagramLoss(host, loss))
                ends.append(.setDatagramLoss(host, .never))
            }
        case "mute", "deafen", "isolate":
            for host in try hosts() {
                let inbound: Probability = verb == "mute" ? .never : .always
                let outbound: Probability = verb == "deafen" ? .never : .always
                begins.append(.setHostLoss(host, inbound: inbound, outbound: outbound))
                ends.append(.setHostLoss(host, inbound: .never, outbound: .never))
            }
        case "uncallable":
            for host in try hosts() {
                begins.append(.setUncallable(host, true))
                ends.append(.setUncallable(host, false))
            }
        case "split", "oneway":
            begins = [.cut(inside: try hosts(), isOneWay: verb == "oneway", name: number)]
            ends = [.heal(name: number)]
        case "duplicate":
            begins = [.setDuplication(try percent())]
            ends = [.setDuplication(.never)]
        case "reorder":
            begins = [.setReordering(try percent(), by: try time())]
            ends = [.setReordering(.never, by: .zero)]
        case "latency":
            let most = try time()
            begins = [.setLatency(LatencyDistribution(from: most / 2, through: most))]
            ends = [.setLatency(.lan)]
        default:
            let verbs = FaultLanguage.summary.map { $0.prefix { $0 != " " } }
            throw error("'\(verb)' is no verb; there are \(verbs.joined(separator: ", "))")
        }
        let stop = start + (try length())
        try end()
        return begins.map { PlannedAction(at: start, $0) }
            + ends.map { PlannedAction(at: stop, $0) }
    }

    // Words.

    private func error(_ reason: String) -> ParseError {
        ParseError(piece: words.joined(separator: " "), reason: reason)
    }

    private mutating func word(_ wanted: String) throws(ParseError) -> String {
        guard position < words.count else { throw error("\(wanted) is missing") }
        defer { position += 1 }
        return words[position]
    }

    private mutating func takes(_ optional: String) -> Bool {
        guard position < words.count, words[position] == optional else { return false }
        position += 1
        return true
    }

    private func end() throws(ParseError) {
        guard position < words.count else { return }
        throw error("'\(words[position])' is too much")
    }

    private mutating func length() throws(ParseError) -> Duration {
        guard takes("for") else { throw error("'for' and a time are missing, as in 'for 10s'") }
        return try time()
    }

    private mutating func time() throws(ParseError) -> Duration {
        let text = try word("a time")
        let digits = text.prefix { $0.isNumber || $0 == "." }
        guard let value = Double(digits), value >= 0, value < 1_000_000 else {
            throw error("'\(text)' is no time; write 250ms, 2s or 3m")
        }
        switch text.dropFirst(digits.count) {
        case "ms": return .microseconds(Int64(value * 1_000))
        case "s", "": return .microseconds(Int64(value * 1_000_000))
        case "m": return .microseconds(Int64(value * 60_000_000))
        default: throw error("'\(text)' is no time; write 250ms, 2s or 3m")
        }
    }

    private mutating func percent() throws(ParseError) -> Probability {
        let text = try word("a percentage")
        let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
        guard let value = Double(digits), (0...100).contains(value) else {
            throw error("'\(text)' is no percentage; write 20%")
        }
        return Probability(millionths: UInt32(value * 10_000))
    }

    private mutating func hosts() throws(ParseError) -> [Int] {
        let text = try word("a host")
        if text == "all" { return Array(0..<hostCount) }
        var hosts: [Int] = []
        for part in text.split(separator: ",") {
            let ends = try part.split(separator: "-").map { (name) throws(ParseError) in
                try host(String(name))
            }
            guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last
            else { throw error("'\(part)' names no hosts; write n3, n3,n5 or n0-n9") }
            hosts += Array(first...last)
        }
        return hosts
    }

    private func host(_ name: String) throws(ParseError) -> Int {
        guard name.first == "n", let number = Int(name.dropFirst()), number >= 0 else {
            throw error("'\(name)' is no host; write n3")
        }
        guard number < hostCount else {
            throw error("there is no n\(number): the hosts are n0 to n\(hostCount - 1)")
        }
        return number
    }
}
