/// The number of a message, as people quote it: `IR-04`.
///
/// Numbers are never given to another meaning. Gaps: IR-06 was never used.
package enum MessageCode: Int, CaseIterable, Comparable, Sendable {
    case cannotListen = 1
    case keyRefused = 2
    case wrongCluster = 3
    case unreachable = 4
    case cannotAdvertise = 5
    case nameTaken = 7
    case noUDP = 8
    case sodiumMissing = 9
    case keyUnreadable = 10
    case keyExposed = 11
    case badAlias = 12
    case selfJoin = 13
    case ambiguousAddress = 14
    case hostNotFound = 15
    case versionMismatch = 16
    case tombstone = 17
    case cannotWrite = 18
    case tooManyFiles = 19
    case identityInUse = 20
    case keyMalformed = 21
    case notIridium = 22
    case turnedAway = 23
    case identityDamaged = 24
    case rotationStopped = 25
    case rotationUnderWay = 26
    case clusterStopped = 27
    case directoryExposed = 28
    case metadataTooLong = 30
    case badValue = 31
    case nameLocked = 32
    case messageTooLong = 33
    case badArguments = 40
    case unknownCommand = 41
    case noAgent = 42
    case severalAgents = 43
    case timedOut = 44
    case clusterOff = 45
    case notAllowed = 46
    case badProgram = 47
    case noSuchMember = 48
    case noSuchProgram = 49
    case tooManyPrograms = 50
    case cannotRead = 51
    case alreadyExists = 52
    case agentFailed = 53
    case notAnImage = 54
    case noDemo = 55
    case holdsSecret = 56
    case agentSilent = 57

    /// "IR-04".
    package var text: String { (rawValue < 10 ? "IR-0" : "IR-") + String(rawValue) }

    /// Reads "IR-04", "ir-4" or "4".
    package init?(parsing text: String) {
        let upper = text.uppercased()
        let digits = upper.hasPrefix("IR-") ? upper.dropFirst(3) : upper[...]
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits)
        else { return nil }
        self.init(rawValue: number)
    }

    package static func < (a: MessageCode, b: MessageCode) -> Bool { a.rawValue < b.rawValue }

    /// What happens when a command ends with this message.
    package var severity: Severity {
        switch self {
        case .noUDP: .warning
        case .tombstone: .note
        case .sodiumMissing: .build
        case .noSuchMember, .noSuchProgram, .rotationStopped: .failure(exit: .nothingMatched)
        case .badAlias, .selfJoin, .ambiguousAddress, .metadataTooLong, .badValue, .messageTooLong,
            .badArguments, .unknownCommand, .severalAgents, .noDemo:
            .failure(exit: .usage)
        case .badProgram, .cannotRead, .notAnImage, .holdsSecret: .failure(exit: .badInput)
        case .hostNotFound: .failure(exit: .unknownHost)
        case .cannotListen, .unreachable, .noAgent, .clusterOff, .turnedAway, .rotationUnderWay:
            .failure(exit: .unavailable)
        case .tooManyFiles, .tooManyPrograms: .failure(exit: .systemLimit)
        case .cannotWrite, .alreadyExists: .failure(exit: .cannotCreate)
        case .timedOut, .agentSilent: .failure(exit: .timedOut)
        case .versionMismatch, .notIridium: .failure(exit: .protocolFault)
        case .keyRefused, .keyUnreadable, .keyExposed, .directoryExposed, .notAllowed:
            .failure(exit: .permission)
        case .wrongCluster, .cannotAdvertise, .nameTaken, .identityInUse, .keyMalformed,
            .identityDamaged, .nameLocked:
            .failure(exit: .configuration)
        case .agentFailed, .clusterStopped: .failure(exit: .other)
        }
    }
}

/// How grave a message is.
package enum Severity: Hashable, Sendable {
    /// The command fails and exits with this code.
    case failure(exit: ExitStatus)
    /// The node goes on.
    case warning
    /// An explanation of what is shown elsewhere.
    case note
    /// Only while the program is built.
    case build
}

/// The exit codes of the command line; those from 64 on are the ones of BSD's sysexits.
package enum ExitStatus: Int32, CaseIterable, Sendable {
    case success = 0
    case other = 1
    case nothingMatched = 2
    case usage = 64
    case badInput = 65
    case unknownHost = 68
    case unavailable = 69
    case systemLimit = 71
    case cannotCreate = 73
    case timedOut = 75
    case protocolFault = 76
    case permission = 77
    case configuration = 78

    /// What the code says, for the table in Specs/Shell.md.
    package var meaning: String {
        switch self {
        case .success: "done"
        case .other: "any other failure"
        case .nothingMatched: "nothing matched, or the cluster is degraded"
        case .usage: "the command line or a value in it is wrong"
        case .badInput: "an input file is missing or wrong"
        case .unknownHost: "a host name cannot be found"
        case .unavailable: "no agent, or a node cannot be reached"
        case .systemLimit: "a limit of the system or of this program"
        case .cannotCreate: "a file cannot be created"
        case .timedOut: "time is up"
        case .protocolFault: "the other side speaks another protocol"
        case .permission: "a permission or a key is missing"
        case .configuration: "the configuration contradicts itself or the cluster"
        }
    }
}
