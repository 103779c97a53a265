package import IridiumShell
package import Membership

/// Why a port cannot be had, and who has it.
package enum ListenFailure {
    /// Looks up the holder of a taken port, as far as this user may know it.
    package static func words(
        for endpoint: Endpoint, transport: String, purpose: IridiumError.ListeningPurpose,
        errno: Int32
    ) -> IridiumError {
        if errno == SystemCall.tooManyOpenFiles {
            return .tooManyFilesNow
        }
        guard errno == SystemCall.addressInUse else {
            return .cannotListen(
                endpoint, transport: transport, for: purpose,
                reason: SystemCall.text(of: errno), holder: nil,
                remedy: remedy(for: errno, port: endpoint.port))
        }
        let holder = PortHolder.find(port: endpoint.port, transport: transport)
        return .cannotListen(
            endpoint, transport: transport, for: purpose, reason: "the address is already in use",
            holder: holder.map {
                .init(
                    text: "process \($0.processID), \"\($0.command.prefix(120))\"",
                    node: $0.nodeName, dataRoot: $0.dataRoot)
            })
    }

    private static func remedy(for errno: Int32, port: UInt16) -> IridiumError.ListeningRemedy {
        switch errno {
        case SystemCall.addressNotAvailable:
            .otherAddress(
                Array(
                    NetworkInterfaces.names.keys.filter { !$0.isLoopback }
                        .sorted { "\($0)" < "\($1)" }.prefix(4)))
        case SystemCall.permissionDenied where (1..<1_024).contains(port): .higherPort
        default: .otherPort
        }
    }
}
