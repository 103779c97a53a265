/// Why a key or identity file could not be used. Each case carries the facts that its message needs;
/// none carries a byte of the file. In every case the file on disk is as it was.
package enum GuardedFileError: Error, Equatable, Sendable {
    /// There is no such file.
    case missing(path: String)
    /// There is one already; it was not replaced.
    case exists(path: String)
    /// `facts` where they can be seen; `user` is our effective uid.
    case cannotRead(path: String, SystemError, facts: FileFacts?, user: UInt32)
    /// `path` is the file, or the folder that it would be in.
    case cannotWrite(path: String, SystemError)
    /// A folder, device or socket.
    case notAFile(path: String)
    /// A symbolic link that someone else made: it could point anywhere.
    case foreignLink(path: String, owner: UInt32, user: UInt32)
    /// A file of someone who is neither us nor root: it could hold anything.
    case foreignOwner(path: String, owner: UInt32, user: UInt32)
    /// Others can read or change the secret.
    case exposed(path: String, mode: UInt16, FileExposure)
    /// The content is not what this version writes. It is never replaced by us.
    case damaged(path: String, FileDamage)
}

/// Who can do what with a file that only its owner (and perhaps its group) should read.
package enum FileExposure: Hashable, Sendable {
    case readableByAll
    case writableByAll
    case writableByGroup
}

/// What is wrong with the content of a file, such as `iridium-key-1 <64 digits> <8 digits>`.
package enum FileDamage: Hashable, Sendable {
    case empty
    /// More than such a file can hold.
    case tooLong
    /// Does not begin with the name of this kind of file.
    case otherKind(expected: String)
    /// A later version of this kind of file.
    case otherVersion(expected: String)
    /// Not in the one form that such a file has.
    case malformed
    /// The last word does not match the secret: some character was changed.
    case checkMismatch
}

extension FileDamage: CustomStringConvertible {
    /// One clause for people.
    package var description: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong: "it is longer than such a file can be"
        case .otherKind(let expected): "it is no file of the kind \(expected)"
        case .otherVersion(let expected): "it has another version than \(expected)"
        case .malformed: "it is damaged: not in the form that such a file has"
        case .checkMismatch: "it is damaged: the check does not match"
        }
    }
}

/// What can be known of a file without opening it.
package struct FileFacts: Hashable, Sendable {
    package let owner: UInt32
    package let group: UInt32
    /// Permission bits, e.g. 0o644.
    package let mode: UInt16

    package init(owner: UInt32, group: UInt32, mode: UInt16) {
        self.owner = owner
        self.group = group
        self.mode = mode
    }

    /// Whose secret this could be, if not only ours. Group-read is legal: services share keys so.
    package var exposure: FileExposure? {
        if mode & 0o002 != 0 { return .writableByAll }
        if mode & 0o004 != 0 { return .readableByAll }
        if mode & 0o020 != 0 { return .writableByGroup }
        return nil
    }

    /// Whether what the file holds was put there by `user` or by root. Root trusts every owner.
    package func isOwned(by user: UInt32) -> Bool { owner == user || owner == 0 || user == 0 }
}
