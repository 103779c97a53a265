// MembershipSimulator
