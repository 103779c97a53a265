// MembershipWire
