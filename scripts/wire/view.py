"""The order-free hash of what a member believes: Specs/Wire.md, section 8."""

_ALL = (1 << 64) - 1
FATES = {"alive": 0, "suspect": 0, "dead": 1, "left": 2}


def mix(number: int) -> int:
    z = (number + 0x9E3779B97F4A7C15) & _ALL
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _ALL
    return z ^ (z >> 31)


def record_hash(nid: int, incarnation: int, core_prefix: int, fate: int) -> int:
    return mix(mix(mix(mix(nid) ^ incarnation) ^ core_prefix) ^ fate)


def state_hash(nid: int, process: int, version: int, root_prefix: int) -> int:
    return mix(mix(mix(mix(nid) ^ process) ^ version) ^ root_prefix)


def bucket(nid: int, count: int) -> int:
    """Which of so many buckets a member is in; the count is a power of two."""
    return nid >> (64 - (count.bit_length() - 1))
