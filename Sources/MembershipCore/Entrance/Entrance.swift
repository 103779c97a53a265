/// Coming into the cluster and going out of it: joins of ours, our farewell, the first words with
/// members that do not know our boot or whose boot we do not know, and addresses that are stated but
/// not proven yet.
struct Entrance: Sendable {
    var joins = Joins()
    var farewell: Farewell?
    var questions = QuestionLimit()
    var trials = AddressTrials()
}
