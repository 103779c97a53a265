"""A hostile node against a cluster of real ones: `scripts/mallory`.

It speaks the wire by `scripts/wire`, which shares no code with the nodes, and comes in three postures:
outside (it can send, and listen on the path), with the cluster key, and as a member with an identity of
its own. Each attack is a row of Specs/ThreatModel.md: what was tried, what happened, whether it held.
"""
