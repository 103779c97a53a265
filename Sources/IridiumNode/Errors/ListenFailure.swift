package import IridiumShell
package import Membership
package import SystemPackage

/// The reason why a port is unavailable, and the process that holds it.
package enum ListenFailure {
    /// Looks up the holder of a taken port, as far as this user may know it.
    package static func words(
        for endpoint: Endpoint, transport: String, purpose: IridiumError.ListeningPurpose,
        error: Errno
    ) -> IridiumError {
        guard error != .tooManyOpenFiles else { return .tooManyFilesNow }
        guard error == .addressInUse else {
            return .cannotListen(
                endpoint, transport: transport, for: purpose,
                reason: error.text, holder: nil,
                remedy: remedy(for: error, port: endpoint.port))
        }
        let holder = PortHolder.find(port: endpoint.port, transport: transport)
        return .cannotListen(
            endpoint, transport: transport, for: purpose, reason: "the address is already in use",
            holder: holder.map {
                .init(
                    text: "process \($0.processID), \"\($0.command.prefix(120))\"",
                    node: $0.nodeName, dataRoot: $0.dataRoot, isPrompt: $0.isPrompt)
            })
    }

    private static func remedy(for error: Errno, port: UInt16) -> IridiumError.ListeningRemedy {
        switch error {
        case .addressNotAvailable:
            .otherAddress(
                Array(
                    NetworkInterfaces.names.keys.filter { !$0.isLoopback }
                        .sorted { "\($0)" < "\($1)" }.prefix(4)))
        case .permissionDenied where (1..<1_024).contains(port): .higherPort
        default: .otherPort
        }
    }
}
