import IridiumJSON
package import IridiumShell
import Membership
import SystemPackage

/// A node answers the requests from its control socket, by `ControlCommand.table`.
extension Node {
    /// Opens the control socket in the run directory.
    package func startControl() async throws(IridiumError) -> ControlServer {
        let directory = settings.directory
        do throws(DataDirectory.Unusable) {
            try directory.prepare(for: name, openTo: settings.controlGroup)
        } catch {
            switch error {
            case .failed(let path, let failure):
                throw .cannotWrite(
                    path: path, reason: failure.text,
                    purpose: "node id and incarnation live there" + hintOfGroup(failure))
            case .exposed(let path, let owner, let mode):
                throw .directoryExposed(
                    path: path, owner: owner, mode: mode, user: SystemCall.userID)
            }
        }
        let path = directory.socketPath(of: name)
        do throws(ControlServer.Failure) {
            return try await ControlServer.start(
                at: path, on: eventLoops, openTo: settings.controlGroup
            ) { request, reply in
                await self.serve(request, reply)
            }
        } catch {
            switch error {
            case .nameInUse:
                throw .nameLocked(
                    name, path: path, dataRoot: directory.givenRoot)
            case .pathTooLong(let bytes):
                let limit = ControlServer.longestPath
                throw .cannotWrite(
                    path: path, reason: "\(bytes) bytes; a socket's path has at most \(limit)",
                    purpose: "the control socket lives there")
            case .system(let error):
                throw .cannotWrite(
                    path: path, reason: error.text,
                    purpose: "the control socket lives there" + hintOfGroup(error))
            }
        }
    }

    /// Only root and members of a group may give a file to it.
    private func hintOfGroup(_ error: Errno) -> String {
        guard settings.controlGroup != nil, error == .notPermitted else { return "" }
        return "; for --control-group this user must be in that group"
    }

    private func serve(_ request: ControlRequest, _ reply: ControlReply) async {
        do throws(ControlRequest.Malformed) {
            let answer = try request.answer()
            do throws(IridiumError) {
                try await answer(self, reply)
            } catch {
                await reply.send(line: error.json)
            }
        } catch {
            await reply.send(line: error.message.json)
        }
    }

    func clusterOrOff(_ command: String) throws(IridiumError) -> Cluster {
        guard let cluster = runningCluster else { throw .clusterOff(command: command) }
        return cluster
    }
}
