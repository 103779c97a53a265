/// The measurements of the table of promises. Each gives one row or a few.
package enum Bar: Hashable, Sendable {
    case kill(Int)
    case rumor(Int)
    case ordeal(Ordeal)
    case idle(Int)
    case join(Int)
    case split
    case heavyLoss
    case sudden(SuddenBar)
    case pace
    case scale

    /// In the order of the table.
    package static let all: [Bar] =
        [.kill(10), .kill(100), .kill(1_000), .rumor(100), .rumor(1_000)]
        + Ordeal.allCases.map(Bar.ordeal)
        + [.idle(10), .idle(100), .idle(1_000), .join(100), .join(1_000)]
        + [.split, .heavyLoss] + SuddenBar.allCases.map(Bar.sudden) + [.pace, .scale]

    /// The name for `--only`.
    package var id: String {
        switch self {
        case .kill(let size): "kill-\(size)"
        case .rumor(let size): "rumor-\(size)"
        case .ordeal(let ordeal): ordeal.rawValue
        case .idle(let size): "idle-\(size)"
        case .join(let size): "join-\(size)"
        case .split: "split"
        case .heavyLoss: "loss"
        case .sudden(let kind): "sudden-\(kind.rawValue)"
        case .pace: "pace"
        case .scale: "scale"
        }
    }

    /// The measurements with that name, or with a name that continues it after a hyphen; empty if
    /// there is none.
    package static func named(_ name: String) -> [Bar] {
        let exact = all.filter { $0.id == name }
        return exact.isEmpty ? all.filter { $0.id.hasPrefix(name + "-") } : exact
    }

    /// A thousand joins at once are millions of datagrams, so only one seed in forty has them.
    func runs(of seeds: Int) -> Int {
        switch self {
        case .join(let size) where size > FormedWorlds.joiningLimit: max(1, seeds / 40)
        case .idle, .sudden(.idle), .sudden(.third), .sudden(.rack): max(1, seeds / 10)
        case .sudden(.kill1000), .sudden(.illusions), .sudden(.liars): max(1, seeds / 5)
        case .pace, .scale: 1
        case .kill, .rumor, .ordeal, .join, .split, .heavyLoss, .sudden: seeds
        }
    }
}
