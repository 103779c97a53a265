/// The number of a message, as people quote it: `IR-04`.
///
/// A number never gets another meaning. Gaps: IR-06 was never used.
package struct CatalogueNumber: Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral {
    package let number: Int

    package init(integerLiteral number: Int) { self.number = number }

    /// "IR-04".
    package var text: String { (number < 10 ? "IR-0" : "IR-") + String(number) }

    package static func < (a: CatalogueNumber, b: CatalogueNumber) -> Bool { a.number < b.number }

    /// Messages that the program itself distinguishes.
    package static let unreachable: CatalogueNumber = 4
    package static let cannotWrite: CatalogueNumber = 18
    package static let identityInUse: CatalogueNumber = 20
    package static let clusterStopped: CatalogueNumber = 27
    package static let badValue: CatalogueNumber = 31
    package static let badArguments: CatalogueNumber = 40
    package static let noAgent: CatalogueNumber = 42
    package static let clusterOff: CatalogueNumber = 45
    package static let agentGone: CatalogueNumber = 60
}

/// The severity of a message.
package enum Severity: Hashable, Sendable {
    /// The command fails and exits with this code.
    case failure(exit: ExitStatus)
    /// The node keeps running.
    case warning
    /// An explanation of something that another line shows.
    case note
    /// Occurs only while the program is built.
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
    case interrupted = 130

    /// The meaning of the code, for the table in Specs/Shell.md.
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
        case .interrupted:
            "a node ended without a goodbye: by a second signal, or because it did not react to the first"
        }
    }
}
