import IridiumNode
import Membership
import Testing

@Suite struct MonitorConditionTests {
    private let states: [(name: String, state: MemberState)] = [
        ("n1", .alive), ("n2", .alive), ("n3", .suspect), ("n4", .dead), ("n4", .alive),
        ("n5", .dead),
    ]

    @Test(arguments: [
        ("members>=3", true), ("members > 3", false), ("alive=3", true), ("alive==3", true),
        ("alive!=3", false), ("suspect>0", true), ("dead<=2", true), ("dead<2", false),
        ("left=0", true), ("n3=suspect", true), ("n5=dead", true), ("n4=alive", true),
        ("n4=dead", false), ("n9=dead", false), ("n9!=alive", true), ("n1!=alive", false),
    ])
    func `a condition holds for counts and for members`(_ text: String, _ isMet: Bool) throws {
        let condition = try #require(MonitorCondition(text))
        #expect(condition.isMet(by: states) == isMet)
        #expect(MonitorCondition(condition.text) == condition)
    }

    @Test(arguments: [
        "", "members", ">=3", "members>=", "members>=x", "members>=-1", "members>=99999999999",
        "n1>alive", "n1=well", "members=>3", "dead = dead dead", "members>=3\u{0}",
        "=", "!", "members!3", String(repeating: "n", count: 400) + "=dead",
    ])
    func `what is no condition is refused`(_ text: String) {
        #expect(MonitorCondition(text) == nil)
    }
}
