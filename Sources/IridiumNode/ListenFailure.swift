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
                reason: SystemCall.text(of: errno), holder: nil, holderName: nil)
        }
        let holder = PortHolder.find(port: endpoint.port, transport: transport)
        return .cannotListen(
            endpoint, transport: transport, for: purpose, reason: "the address is already in use",
            holder: holder.map { "process \($0.processID), \"\($0.command)\"" },
            holderName: holder?.nodeName)
    }
}
