import Testing

@testable import MembershipCore

@Suite struct ConstantsTests {
    private let profiles: [CoreConfiguration] = [.lan, .wan, .local]

    @Test func `each number of the configuration is described, in the same order`() {
        let properties = Mirror(reflecting: CoreConfiguration.lan).children
            .filter { !($0.value is Bool) }.compactMap(\.label)
        #expect(Constant.groups.flatMap(\.constants).map(\.name) == properties)
    }

    @Test func `each description reads the property that it names`() {
        for constant in Constant.groups.flatMap(\.constants) {
            let value = Mirror(reflecting: CoreConfiguration.lan).children
                .first { $0.label == constant.name }?.value
            switch constant.value {
            case .duration(let path, _):
                #expect(value as? Duration == CoreConfiguration.lan[keyPath: path])
            case .count(let path, _), .percent(let path, _):
                #expect(value as? Int == CoreConfiguration.lan[keyPath: path])
            }
        }
    }

    @Test func `all profiles are within the bounds and contradict no relation`() {
        for profile in profiles {
            for constant in Constant.groups.flatMap(\.constants) {
                #expect(constant.isWithinBounds(in: profile), "\(constant.name)")
            }
            #expect(profile.contradictions == [])
        }
    }
}
