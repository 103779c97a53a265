internal import MembershipWire

/// The catalogue: faults of files, keys and limits of this machine.
extension IridiumError {
    /// IR-09. Occurs only while building; kept here so that it can be explained.
    package static var sodiumMissing: IridiumError {
        IridiumError(
            9, severity: .build,
            what: "libsodium headers are missing",
            why: "the module CSodium needs sodium.h",
            try: "sudo apt-get install libsodium-dev / brew install libsodium",
            meaning: "It is the only system library that a build of Iridium needs.")
    }

    /// IR-10. `details` names the owner, the mode and our uid if they are known.
    package static func keyUnreadable(path: String, reason: String, details: String?)
        -> IridiumError
    {
        IridiumError(
            10, exit: .permission,
            what: "cannot read \(path): \(reason)", why: details,
            try: "chown the file to this user, or pass the key as a service credential",
            meaning: "The key file is there, but this user may not read it.")
    }

    static let exposedMeaning =
        "A key that every user can read or change protects nothing, so the node refuses it. If another "
        + "user may have read it, replace the key: a new mode does not make it secret again."

    /// IR-11. `mode` holds the permission bits.
    package static func keyExposed(path: String, mode: UInt16) -> IridiumError {
        IridiumError(
            11, exit: .permission,
            what: "\(Advice.exposure(mode) ?? "others can read") \(path) "
                + "(mode \(Advice.octal(mode)))",
            why: "anyone who has the key can join the cluster",
            try: "chmod 0600 \(path) (the group may read it); if it was read: "
                + "iridium keys rotate --grace 0s, on any running member",
            meaning: exposedMeaning)
    }

    /// IR-18. `purpose` says what is kept there: "the node keeps its id and incarnation there".
    package static func cannotWrite(
        path: String, reason: String, purpose: String, option: String = "--data-root-dir DIR"
    ) -> IridiumError {
        IridiumError(
            .cannotWrite, exit: .cannotCreate,
            what: "cannot write to \(path): \(reason)", why: purpose,
            try: option,
            meaning:
                "A node with a name keeps its identity and its incarnation, so that it comes back as "
                + "itself. Choose a place that this user may write to.")
    }

    /// IR-19.
    package static func tooManyFiles(open: Int, limit: Int) -> IridiumError {
        IridiumError(
            19, exit: .systemLimit,
            what: "cannot open another socket: \(open) of \(limit) files are open",
            why: "that is the limit of this process; known members stay, new joins are refused",
            try: "ulimit -n \(Swift.max(65_536, limit))",
            meaning: "Each socket is an open file, and the system limits their number per process.")
    }

    /// IR-21. The file is not changed.
    package static func keyMalformed(path: String, reason: String) -> IridiumError {
        IridiumError(
            21, exit: .configuration,
            what: "\(path) is not a cluster key: \(reason)",
            why: "a key file is made by iridium keygen and holds nothing else; nothing was changed",
            try: "another file with --key-file PATH, or a new one: iridium keygen --out FILE",
            meaning: "The file was damaged, or it never was a cluster key. It stays as it is.")
    }

    /// IR-24. The file is not changed. `dataRoot` is set if commands need it as an option.
    package static func identityDamaged(
        path: String, reason: String, node: String, dataRoot root: String?
    ) -> IridiumError {
        IridiumError(
            24, exit: .configuration,
            what: "cannot start as \(node): \(path): \(reason)",
            why:
                "that file holds this node's identity, and the node makes no other by itself",
            try: "restore the file from a copy, or become a new member: "
                + "iridium id --reset \(node)" + (root.map { " --data-root-dir \($0)" } ?? ""),
            meaning:
                "The file holds the key with which this node signs. With a new key the others see a "
                + "stranger with a known name, so a person decides. A copy of the file makes the node "
                + "the same member again. iridium id --reset makes it a new member and keeps the old "
                + "files beside the new ones; the others then declare the old member dead.")
    }

    /// IR-28. A directory of `owner` that holds the state of a node of `user`; `mode` holds the
    /// permission bits.
    package static func directoryExposed(path: String, owner: UInt32, mode: UInt16, user: UInt32)
        -> IridiumError
    {
        IridiumError(
            28, exit: .permission,
            what:
                "others can change what is in \(path) (uid \(owner), mode \(Advice.octal(mode)))",
            why: "a node takes commands and keeps its key and identity there; only uid \(user)"
                + (user == 0 ? "" : " or root") + " may write to it",
            try: (owner == user || owner == 0
                ? "chmod go-w \(path)" : "chown \(user) \(path), chmod go-w \(path)")
                + ", or another place: --data-root-dir DIR",
            meaning:
                "A user who can write to a directory can replace the files in it, whatever their modes: "
                + "the control socket, the identity, the key. So it must belong to the user of the "
                + "node or to root, and no other user may write to it. Look at what is in it before "
                + "you change its mode.")
    }

    /// IR-32. Another process on this machine runs the node of this name. `dataRoot` is set if
    /// commands need it as an option.
    package static func nameLocked(_ name: String, path: String, dataRoot root: String?)
        -> IridiumError
    {
        IridiumError(
            32, exit: .configuration,
            what: "the node \"\(name)\" is already running on this machine",
            why: "its process holds \(path)",
            try: "another name: --node-alias \(Advice.otherName(than: name)), or stop it: "
                + Advice.leave(name, dataRoot: root),
            meaning:
                "A node's directory belongs to one process at a time: two processes with one identity "
                + "would look like one member that contradicts itself. An agent without --name has its "
                + "host's name, so the second agent of a host needs a name.")
    }

    /// IR-47. `problem`: "3 errors, the first at 2:1".
    package static func badProgram(path: String, problem: String) -> IridiumError {
        IridiumError(
            47, exit: .badInput,
            what: "cannot assemble \(path): \(problem)",
            why: "a program is a source with a .data and a .code section, or an image",
            try: "correct the lines shown above",
            meaning: "Each error is shown with its line before this message.")
    }

    /// IR-51.
    package static func cannotRead(path: String, reason: String) -> IridiumError {
        IridiumError(
            51, exit: .badInput,
            what: "cannot read \(Layout.printable(path)): \(reason)",
            why: "the file is missing, or this user may not read it", try: "check the path",
            meaning: "The system refused to open or to read the file.")
    }

    /// IR-52. `overwrite` is the option that allows it.
    package static func alreadyExists(path: String, overwrite: String?) -> IridiumError {
        IridiumError(
            52, exit: .cannotCreate,
            what: "\(path) already exists",
            why: "an existing file is overwritten only on request",
            try: "another name" + (overwrite.map { ", or \($0)" } ?? ""),
            meaning: "A key that is overwritten is lost, and with it the access to its cluster.")
    }

    /// IR-54.
    package static func notAnImage(path: String) -> IridiumError {
        IridiumError(
            54, exit: .badInput,
            what: "cannot disassemble \(Layout.printable(path)): it is not an image",
            why: "an image begins with the letters EPIE and a header of 68 bytes",
            try: "an image is made by iridium asm FILE -o IMAGE",
            meaning:
                "Only an image, as the assembler writes it, can be disassembled. A source is text."
        )
    }

    /// IR-56. A key file is given where a program or a list of seeds is expected. None of it is
    /// shown.
    package static func holdsSecret(path: String) -> IridiumError {
        IridiumError(
            56, exit: .badInput,
            what: "\(Layout.printable(path)) is a key file and cannot be used here",
            why: "an error would quote the file, and a key must never be shown",
            try: "check the path; iridium keys id FILE shows the fingerprint of a key",
            meaning:
                "The file looks like a cluster key or an identity, or like a part of one. No part of it "
                + "was shown or run.")
    }

    static let filesSamples: [IridiumError] = [
        .sodiumMissing,
        .keyUnreadable(
            path: "cluster.key", reason: "permission denied",
            details: "it belongs to uid 0, mode 0600; this process has uid 1000"),
        .keyExposed(path: "cluster.key", mode: 0o644),
        .cannotWrite(
            path: "/var/lib/iridium", reason: "permission denied",
            purpose: "the node keeps its id and incarnation there"),
        .tooManyFiles(open: 1_024, limit: 1_024),
        .keyMalformed(
            path: "cluster.key", reason: "it is damaged (its checksum does not match)"),
        .identityDamaged(
            path: "/var/lib/iridium/nodes/n1/identity.key",
            reason: "it is damaged (its checksum does not match)", node: "n1", dataRoot: nil),
        .directoryExposed(path: "/var/lib/iridium", owner: 0, mode: 0o777, user: 0),
        .nameLocked("n1", path: "/var/lib/iridium/run/n1.sock", dataRoot: nil),
        .badProgram(path: "hello.iasm", problem: "2 errors"),
        .cannotRead(path: "hello.iasm", reason: "no such file or directory"),
        .alreadyExists(path: "cluster.key", overwrite: "--force"),
        .notAnImage(path: "hello.iasm"),
        .holdsSecret(path: "cluster.key"),
    ]
}
