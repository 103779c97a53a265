internal import MembershipSecurity

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension GuardedFileError {
    /// The file that could not be used, or the folder it would be in.
    var path: String {
        switch self {
        case .missing(let path), .exists(let path), .notAFile(let path),
            .cannotRead(let path, _, _, _), .cannotWrite(let path, _),
            .foreignLink(let path, _, _), .foreignOwner(let path, _, _), .exposed(let path, _, _),
            .damaged(let path, _):
            path
        }
    }

    /// One clause for people.
    var reason: String {
        switch self {
        case .missing: "there is no such file"
        case .exists: "there is one already"
        case .cannotRead(_, let error, let facts, let user):
            facts.map {
                "\(error) (owner \($0.owner), mode 0\(String($0.mode, radix: 8)); we are user \(user))"
            } ?? error.description
        case .cannotWrite(_, let error): error.description
        case .notAFile: "it is not a file"
        case .foreignLink(_, let owner, let user):
            "it is a link made by user \(owner); we are user \(user)"
        case .foreignOwner(_, let owner, let user):
            "it belongs to user \(owner); we are user \(user)"
        case .exposed(_, let mode, let exposure):
            "\(exposure.description) (mode 0\(String(mode, radix: 8)))"
        case .damaged(_, let damage): damage.description
        }
    }
}

extension FileExposure {
    fileprivate var description: String {
        switch self {
        case .readableByAll: "every user of this machine can read it"
        case .writableByAll: "every user of this machine can change it"
        case .writableByGroup: "its group can change it"
        }
    }
}

extension ClusterKeyError {
    init(_ error: GuardedFileError) {
        let (path, reason) = (error.path, error.reason)
        self =
            switch error {
            case .missing: .unreadable(path: path, reason: reason, errno: ENOENT)
            case .cannotRead(_, let system, _, _):
                .unreadable(path: path, reason: reason, errno: system.errno)
            case .exists: .unwritable(path: path, reason: reason, errno: EEXIST)
            case .cannotWrite(_, let system):
                .unwritable(path: path, reason: reason, errno: system.errno)
            case .exposed(_, let mode, _): .exposed(path: path, mode: mode)
            case .foreignLink, .foreignOwner:
                .unreadable(path: path, reason: reason, errno: EPERM)
            case .notAFile, .damaged: .malformed(path: path, reason: reason)
            }
    }
}
