import IridiumShell

/// Where the values of settings come from, so that a message names the place to correct.
struct Origins: Equatable {
    enum Origin: Equatable {
        case flag
        case environment(variable: String)
        case file(path: String, line: Int)

        /// `/etc/iridium/agent.toml:3`.
        var text: String {
            switch self {
            case .flag: "flag"
            case .environment(let variable): variable
            case .file(let path, let line): "\(Layout.printable(path)):\(line)"
            }
        }
    }

    private var origins: [String: Origin] = [:]

    subscript(key: String) -> Origin? {
        get { origins[key] }
        set { origins[key] = newValue }
    }

    /// The setting as its source spells it: `--bind`, `IRIDIUM_BIND`, `bind`.
    private func spelling(of key: String) -> String {
        switch origins[key] {
        case nil, .flag: "--\(key)"
        case .environment(let variable): variable
        case .file: key
        }
    }

    /// Checks the value of a setting. `body` gets the setting's spelling; what it throws names the
    /// file and the line that the value comes from.
    func checking<Value>(
        _ key: String, _ body: (_ spelling: String) throws(IridiumError) -> Value
    ) throws(IridiumError) -> Value {
        do throws(IridiumError) {
            return try body(spelling(of: key))
        } catch {
            guard case .file = origins[key], let place = origins[key]?.text else { throw error }
            throw error.at(place)
        }
    }
}
