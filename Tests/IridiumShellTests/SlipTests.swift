import IridiumShell
import Testing

/// What people type who do not know the prompt yet.
@Suite struct SlipTests {
    @Test(arguments: [
        ("help", "!help"), ("exit", "!quit"), ("quit", "!quit"), ("?", "!help"),
        ("cluster_members", "!cluster_members"), ("clear", "!clear_program"),
    ])
    func `a command without its mark is answered by the command`(_ line: String, _ meant: String) {
        var player = SessionPlayer()
        let answer = player.type(line)
        #expect(answer.contains("[IR-41]") && answer.contains(meant))
        #expect(answer.contains("!help"))
        #expect(!player.hasQuit)
    }

    @Test func `code that begins like a command is code`() {
        var player = SessionPlayer()
        #expect(player.type("load $1 #7") == "")
    }

    @Test func `blanks before the mark do not matter`() {
        var player = SessionPlayer()
        #expect(player.type("  !cluster_members").hasPrefix("Listing Known Nodes:"))
        #expect(player.type("\t!load_file  nowhere ").contains("error opening that file"))
    }

    @Test(arguments: [
        ("!start_cluster 2300", "2300"), ("!cluster_members n2", "n2"), ("!kill 0 1", "1"),
        ("!join_cluster localhost 2254 2255", "2255"), ("!help quit now", "now"),
    ])
    func `a word that a command does not take is refused`(_ line: String, _ word: String) {
        var player = SessionPlayer()
        let answer = player.type(line)
        #expect(answer.contains("cannot use \"\(word)\"") && answer.contains("[IR-40]"))
        #expect(player.requests.isEmpty)
    }

    @Test(arguments: [
        "!demo kill n2 n3", "!demo heal n2", "!demo pause n2 5 6", "!demo loss 5% 6%",
    ])
    func `an order to the demo with a word too many is refused`(_ line: String) {
        var player = SessionPlayer(options: .demo)
        #expect(player.type(line).contains("[IR-40]"))
        #expect(player.requests.isEmpty)
    }

    @Test func `a port that is given twice is refused`() {
        var player = SessionPlayer()
        #expect(player.type("!join_cluster localhost:2254 2255").contains("a port twice"))
    }
}
