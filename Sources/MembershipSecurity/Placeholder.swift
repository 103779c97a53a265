// MembershipSecurity
