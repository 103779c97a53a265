import Membership

extension [Member] {
    /// The displayed name of this id, whether it is still a member or not.
    func nameOrShortForm(of id: NodeID) -> String {
        first { $0.id == id }?.name.text ?? id.short
    }
}
