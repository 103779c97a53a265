import Foundation
import MembershipCore
import MembershipSimulator
import MembershipWire
import Testing

/// Stored behaviour: what it is compared with is a text that people have read.
///
/// `scripts/update-stories` sets `IRIDIUM_UPDATE_STORIES`, and these tests then write what they would
/// otherwise compare.
@Suite struct StoryTests {
    @Test(arguments: Story.files)
    func `a story goes as it is told`(file: URL) throws {
        let story = try Story(at: file)
        let played = try story.play()
        guard played != story.transcript else { return }
        if Golden.isUpdating { return try story.write(played) }
        Issue.record("\(Golden.complaint(about: story.file, told: story.transcript, now: played))")
    }

    @Test func `there is a story of everything that befalls a member`() {
        let names = Set(Story.files.map { $0.deletingPathExtension().lastPathComponent })
        #expect(
            names.isSuperset(of: [
                "false-accusation", "join", "join-lost", "kill", "leave", "message",
                "name-conflict", "pause-long", "pause-short", "restart", "rotation", "split",
                "state", "tcp-only", "two-processes-one-identity", "ghosts", "uncallable",
            ]))
    }

    @Test func `the specification has the constants of the code`() throws {
        let file = Golden.repository.appendingPathComponent("Specs/Protocol.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let (begin, end) = ("<!-- constants -->\n", "\n<!-- end of constants -->")
        let start = try #require(text.range(of: begin)).upperBound
        let stop = try #require(text.range(of: end, range: start..<text.endIndex)).lowerBound
        let tables = "\n" + Constant.tables + "\n"
        let kept = String(text[start..<stop])
        guard kept != tables else { return }
        if Golden.isUpdating {
            let new = text[..<start] + tables + text[stop...]
            return try String(new).write(to: file, atomically: true, encoding: .utf8)
        }
        Issue.record("\(Golden.complaint(about: file, told: kept, now: tables))")
    }
}
