package import IridiumShell

/// A limit of this process that is told before it is met half-way.
package enum OpenFiles {
    /// What a node needs beside its members' streams: the event loop, four listening sockets, the
    /// files of its identity while they are read, and room to answer.
    private static let needed = 24
    /// What each further node of the same process needs: its own event loop, two sockets, streams.
    private static let neededByFurther = 8

    /// Fails where so many nodes could not open their sockets: a later failure would be met in the
    /// midst of something else, and be told as its failure. [IR-19]
    package static func requireRoom(for nodes: Int = 1) throws(IridiumError) {
        guard SystemCall.canOpen(needed + (nodes - 1) * neededByFurther) else {
            throw .tooManyFilesNow
        }
    }
}

extension IridiumError {
    /// With what the system says about this process now. A call has just failed: all are open.
    static var tooManyFilesNow: IridiumError {
        let limit = SystemCall.mostOpenFiles
        return .tooManyFiles(open: limit, limit: limit)
    }
}
