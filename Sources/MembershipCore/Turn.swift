/// One call of `handle`: what time it is, and what is to be done about it.
///
/// It goes through every conversation as one `inout` argument. Effects are only ever appended, so
/// no helper can lose what an earlier one decided, and time stands still until the call is over.
struct Turn: Sendable {
    let now: ClusterInstant
    var effects: [Effect]
}
