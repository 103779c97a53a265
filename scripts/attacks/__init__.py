"""A hostile node against a cluster of real ones: `scripts/mallory`.

It speaks the wire by `scripts/wire`, which shares no code with the nodes, and has three postures: outside
(it can send, and listen on the path), with the cluster key, and as a member with its own identity. Each
attack is a row of Specs/ThreatModel.md: the attempt, the effect, and whether the defence held.
"""
