// MembershipCore
