import MembershipCore
import MembershipWire

/// The way of a datagram: out of a process (perhaps late), through the network, into a machine,
/// and to its process (perhaps late).
extension World {
    mutating func send(
        _ datagram: Datagram, sequence: UInt64, to destination: Destination, from host: Int,
        observer: inout some WorldObserver
    ) {
        guard let boot = hosts[host].boot else { return }
        var packet = Packet(
            sender: host, source: hosts[host].endpoint, senderBoot: boot,
            destinationBoot: destination.boot, sequence: sequence, content: .value(datagram),
            byteCount: WireCost.bytes(of: datagram))
        hosts[host].traffic.datagramsSent += 1
        hosts[host].traffic.datagramBytesSent += UInt64(packet.byteCount)
        let target = occupants[destination.endpoint]
        if options.showsTraffic {
            observer.observe(.sent(from: host, to: target, datagram), at: now, in: self)
        }
        guard let target else { return }
        if options.fidelity == .encoded {
            guard isFaithful(datagram, of: host, observer: &observer) else { return }
        }
        if let end = hosts[host].sealedEnd {
            switch end.seal(datagram, sequence: sequence, to: destination) {
            case .success(let frame): packet.content = .frame(frame)
            case .failure(let error):
                let text = "\(error.text): \(text(of: datagram))"
                return observer.observe(.misspoke(host: host, text), at: now, in: self)
            }
        }
        guard hosts[host].sendDelay > .zero || hosts[host].sendFloor > now else {
            return travel(packet, to: target)
        }
        hosts[host].sendFloor = max(hosts[host].sendFloor, now + hosts[host].sendDelay)
        queue.schedule(.departure(packet, host: target), at: hosts[host].sendFloor)
    }

    /// Whether the codec preserves it. The datagram of a wave is checked once, however many
    /// receivers it has.
    private mutating func isFaithful(
        _ datagram: Datagram, of host: Int, observer: inout some WorldObserver
    ) -> Bool {
        if let lastFaithful, lastFaithful == datagram { return true }
        do {
            let bytes = try MessageCodec.encode(datagram)
            if try MessageCodec.decode(datagram: bytes) == datagram {
                lastFaithful = datagram
                return true
            }
            observer.observe(
                .misspoke(host: host, "another datagram arrives: \(text(of: datagram))"), at: now,
                in: self)
        } catch {
            observer.observe(
                .misspoke(host: host, "\(error): \(text(of: datagram))"), at: now, in: self)
        }
        return false
    }

    mutating func travel(_ packet: Packet, to target: Int) {
        if packet.sender == target {
            let delay = LatencyDistribution.loopback.draw(&networkRandom)
            return queue.schedule(
                .arrival(host: target, boot: nil, .packet(packet)), at: now + delay)
        }
        let fate = network.fate(from: packet.sender, to: target, random: &networkRandom)
        guard let delay = fate.first else { return }
        queue.schedule(.arrival(host: target, boot: nil, .packet(packet)), at: now + delay)
        guard let later = fate.second else { return }
        queue.schedule(.arrival(host: target, boot: nil, .packet(packet)), at: now + later)
    }

    /// A machine has received something. A stopped or slow process gets it later.
    mutating func receive(
        _ arrival: Arrival, host: Int, boot: Int?, observer: inout some WorldObserver
    ) {
        guard hosts[host].hasProcess, boot == nil || boot == hosts[host].boots else { return }
        guard hosts[host].phase == .running else { return queueUp(arrival, host: host) }
        guard hosts[host].receiveDelay > .zero || hosts[host].receiveFloor > now else {
            return process(arrival, host: host, observer: &observer)
        }
        hosts[host].receiveFloor = max(
            hosts[host].receiveFloor, now + hosts[host].receiveDelay)
        queue.schedule(
            .admission(host: host, boot: hosts[host].boots, arrival), at: hosts[host].receiveFloor)
    }

    /// Sockets hold a bounded number of datagrams; connections hold everything.
    mutating func queueUp(_ arrival: Arrival, host: Int) {
        if case .packet = arrival, hosts[host].backlog.count >= options.socketQueue {
            hosts[host].traffic.datagramsOverflowed += 1
            return
        }
        hosts[host].backlog.append(arrival)
    }

    /// The process reads it.
    mutating func process(_ arrival: Arrival, host: Int, observer: inout some WorldObserver) {
        switch arrival {
        case .packet(let packet):
            hosts[host].traffic.datagramsReceived += 1
            hosts[host].traffic.datagramBytesReceived += UInt64(packet.byteCount)
            guard let input = admit(packet, to: host) else {
                hosts[host].traffic.datagramsRefused += 1
                return
            }
            feed(input, to: host, observer: &observer)
        case .parcel(let parcel, let pipe, let side):
            take(parcel, from: pipe, side: side, observer: &observer)
        case .streamLimit(let pipe, let side, let isHandshake):
            enforceLimit(of: pipe, side: side, isHandshake: isHandshake, observer: &observer)
        case .streamFailure(let stream, let failure):
            hosts[host].streams[stream.number] = nil
            feed(.stream(stream, .failed(failure)), to: host, observer: &observer)
        case .knocked(let knock, let answer):
            guard hosts[host].knocks.remove(knock) != nil else { return }
            feed(.knocked(knock, answer), to: host, observer: &observer)
        }
    }

    /// The input that the gate and the codec make of a packet; nil if it is not for this process.
    private func admit(_ packet: Packet, to host: Int) -> Input? {
        switch packet.content {
        case .value(let datagram):
            guard packet.destinationBoot == hosts[host].boot else { return nil }
            return .received(
                datagram, sequence: packet.sequence, from: packet.senderBoot, source: packet.source)
        case .frame(let frame):
            guard let view = hosts[host].node?.view.table else { return nil }
            return hosts[host].sealedEnd?.open(
                frame, from: packet.source, at: hosts[host].clock.instant(at: now), knowing: view)
        }
    }
}
