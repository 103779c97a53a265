import Membership

extension [Member] {
    /// What people are told who this is, whether it is a member still or not.
    func nameOrShortForm(of id: NodeID) -> String {
        first { $0.id == id }?.name.text ?? id.short
    }
}
