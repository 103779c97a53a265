package import IridiumShell

/// Checks a limit of this process before the node depends on it.
package enum OpenFiles {
    /// Files that a node needs besides its members' streams: three event loops, four listening
    /// sockets, the files of its identity while they are read, and room to answer.
    private static let needed = 32
    /// Files that each further node of the same process needs: an event loop, two sockets, streams.
    private static let neededByFurther = 8

    /// Fails if this many nodes could not open their sockets. A later failure would occur during
    /// other work, and be reported as a failure of that. [IR-19]
    package static func requireRoom(for nodes: Int = 1) throws(IridiumError) {
        guard SystemCall.canOpen(needed + (nodes - 1) * neededByFurther) else {
            throw .tooManyFilesNow
        }
    }
}

extension IridiumError {
    /// The error with the system's current figures. A call has just failed: all files are open.
    static var tooManyFilesNow: IridiumError {
        let limit = SystemCall.mostOpenFiles
        return .tooManyFiles(open: limit, limit: limit)
    }
}
