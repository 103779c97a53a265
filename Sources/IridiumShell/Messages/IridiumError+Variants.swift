/// The catalogue: further words for a number, where the usual row would name another cause or give advice
/// that does not help.
extension IridiumError {
    /// IR-03 for a key file.
    package static func keyOfOtherCluster(path: String, cluster: String) -> IridiumError {
        IridiumError(
            3, exit: .configuration,
            what:
                "\(Layout.printable(path)) belongs to a cluster of another name than \"\(cluster)\"",
            why: "its keys were rotated there; rotated keys are signed for one cluster name",
            try: "--cluster NAME, as on the other members",
            meaning: wrongClusterMeaning)
    }

    /// IR-10 for the identity of a node.
    package static func identityUnreadable(
        path: String, reason: String, node: String
    ) -> IridiumError {
        IridiumError(
            10, exit: .permission,
            what: "cannot read \(Layout.printable(path)): \(reason)",
            why: "\(node) is the same member after a restart by that file, which its user must own",
            try: "run the node as the owner of the file, or chown the file to this user",
            meaning: "The file is there, but this user may not read it, or must not trust it.")
    }

    /// IR-11 for the identity of a node. `dataRoot` is set if commands need it as an option.
    package static func identityExposed(
        path: String, mode: UInt16, node: String, dataRoot root: String?
    ) -> IridiumError {
        IridiumError(
            11, exit: .permission,
            what: "\(Advice.exposure(mode) ?? "others can read") \(Layout.printable(path)) "
                + "(mode \(Advice.octal(mode)))",
            why: "it holds the key with which \(node) signs; a copy of it can act as \(node)",
            try: "chmod 0600 \(Layout.shellWord(path)); if it was read: iridium id --reset "
                + Layout.shellWord(node)
                + (root.map { " --data-root-dir \(Layout.shellWord($0))" } ?? ""),
            meaning: exposedMeaning)
    }

    /// IR-19 for threads and memory. `what` has the system's reason.
    package static func systemLimit(_ what: String, try advice: String) -> IridiumError {
        IridiumError(
            19, exit: .systemLimit, what: what,
            why: "that is a limit of this process or of its user", try: advice,
            meaning: "A node needs some threads, and address space for their stacks.")
    }

    /// IR-53 for a request that the agent understood and refused. `text` has the reason.
    package static func refused(
        _ text: String, exit: ExitStatus = .other, try advice: String
    ) -> IridiumError {
        IridiumError(
            53, exit: exit, what: Layout.printable(text), try: advice, meaning: answerMeaning)
    }
}
