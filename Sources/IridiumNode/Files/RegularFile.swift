package import IridiumShell
import LibC
import MembershipWire
import SystemPackage

/// Reads files that an option names.
///
/// Only a regular file is read. A named pipe would block its reader until a writer comes, and some
/// devices never end.
package enum RegularFile {
    /// The whole content, without a byte order mark. [IR-51]
    package static func read(_ path: String, limit: Int) throws(IridiumError) -> [UInt8] {
        do throws(Errno) {
            let content = try FileDescriptor.with(path, .readOnly, .nonBlocking) {
                (file) throws(Errno) -> [UInt8]? in
                var found = stat()
                guard fstat(file.rawValue, &found) == 0 else { throw .last }
                guard found.st_mode & S_IFMT == S_IFREG else { return nil }
                return try file.readToEnd(limit: limit)
            }
            if let content { return ByteOrderMark.dropped(from: content) }
        } catch {
            throw .cannotRead(path: path, reason: error.text)
        }
        throw .cannotRead(
            path: path,
            reason: SystemCall.isDirectory(path)
                ? "it is a directory" : "it is not a regular file")
    }
}
