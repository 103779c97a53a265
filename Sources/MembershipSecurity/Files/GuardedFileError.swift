/// The reason why a key or identity file could not be used. Each case carries the facts that its
/// message needs, and none carries a byte of the file. In every case the file on disk did not
/// change.
package enum GuardedFileError: Error, Equatable, Sendable {
    /// There is no such file.
    case missing(path: String)
    /// The file exists already, and was not replaced.
    case exists(path: String)
    /// `facts` if they can be read; `user` is our effective uid.
    case cannotRead(path: String, SystemError, facts: FileFacts?, user: UInt32)
    /// `path` is the file, or the folder that it would be in.
    case cannotWrite(path: String, SystemError)
    /// A folder, device or socket.
    case notAFile(path: String)
    /// A symbolic link that another user made: it could point anywhere.
    case foreignLink(path: String, owner: UInt32, user: UInt32)
    /// A file of a user other than us and root: it could hold anything.
    case foreignOwner(path: String, owner: UInt32, user: UInt32)
    /// Others can read or change the secret.
    case exposed(path: String, mode: UInt16, FileExposure)
    /// The content is not in the form that this version writes. We never replace such a file.
    case damaged(path: String, FileDamage)
}

/// The users who can read or change a file that only its owner (and perhaps its group) should read.
package enum FileExposure: Hashable, Sendable {
    case readableByAll
    case writableByAll
    case writableByGroup
}

/// The fault in the content of a file, such as `iridium-key-1 <64 digits> <8 digits>`.
package enum FileDamage: Hashable, Sendable {
    case empty
    /// Begins with the three bytes by which some editors mark UTF-8.
    case byteOrderMark
    /// Longer than such a file can be.
    case tooLong
    /// Does not begin with the name of this kind of file.
    case otherKind(expected: String)
    /// A later version of this kind of file.
    case otherVersion(expected: String)
    /// Not in the only form that such a file has.
    case malformed
    /// The last word does not match the secret: a character was changed.
    case checkMismatch
}

extension FileDamage: CustomStringConvertible {
    /// One clause for people.
    package var description: String {
        switch self {
        case .empty: "it is empty"
        case .byteOrderMark: "it begins with a byte order mark; save it without one"
        case .tooLong: "it is longer than such a file can be"
        case .otherKind(let expected): "it is not a file of the kind \(expected)"
        case .otherVersion(let expected): "it has another version than \(expected)"
        case .malformed: "it is damaged (it does not have the form of such a file)"
        case .checkMismatch: "it is damaged (its checksum does not match)"
        }
    }
}

/// The facts about a file that are known without opening it.
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

    /// The users who could read the secret, besides us. Group-read is legal: services share keys
    /// this way.
    package var exposure: FileExposure? {
        if mode & 0o002 != 0 { return .writableByAll }
        if mode & 0o004 != 0 { return .readableByAll }
        if mode & 0o020 != 0 { return .writableByGroup }
        return nil
    }

    /// Whether `user` or root wrote the content of the file. Root trusts every owner.
    package func isOwned(by user: UInt32) -> Bool { owner == user || owner == 0 || user == 0 }
}
