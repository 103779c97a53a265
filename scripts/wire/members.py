"""The file by which a node that restarts finds its cluster again: Specs/Wire.md, section 9."""

from typing import List, Sequence

from .items import Item
from .keys import derive
from .refused import Refused, u16
from .streams import StreamMessage

_HEAD = b"iridium-members-1\n"
_CHECK_BYTES = 32


def write_members(chunks: Sequence[Sequence[Item]]) -> bytes:
    """As a peer list in these chunks."""
    total = sum(len(items) for items in chunks)
    content = _HEAD
    for index, items in enumerate(chunks):
        message = StreamMessage("PEERS", list(items), total=total, index=index).encode()
        content += u16(len(message)) + message
    return content + derive(None, "IR1 members", content)


def read_members(content: bytes) -> List[Item]:
    """Form only: the node that takes the records in checks the signatures."""
    if not content.startswith(_HEAD):
        raise Refused("other-version" if content.startswith(b"iridium-members-") else "other-kind")
    if len(content) < len(_HEAD) + _CHECK_BYTES:
        raise Refused("malformed")
    whole, check = content[:-_CHECK_BYTES], content[-_CHECK_BYTES:]
    if derive(None, "IR1 members", whole) != check:
        raise Refused("check-mismatch")
    body, items = whole[len(_HEAD) :], []
    while body:
        length = int.from_bytes(body[:2], "big")
        message, rest = body[2 : 2 + length], body[2 + length :]
        if len(body) < 2 or len(message) < length:
            raise Refused("malformed")
        try:
            chunk = StreamMessage.parse(message)
        except Refused:
            raise Refused("malformed") from None
        if chunk.name != "PEERS":
            raise Refused("malformed")
        items += chunk.items
        body = rest
    return items
