"""Damage to golden bytes: every bit and every length."""

import unittest
from typing import Callable, List

from ..core import Core
from ..datagrams import Datagram
from ..fixtures.cases import BOOTS, ONE_TIME, secrets
from ..fixtures.examples import core
from ..fixtures.frame_cases import HEARTBEAT, SUITES, gate_of_b, make
from ..refused import Refused
from ..streams import Stream


def refuses(read: Callable, data: bytes) -> bool:
    try:
        read(data)
        return False
    except Refused:
        return True


class DamageTests(unittest.TestCase):
    """Sealed content is read whole and unchanged, or not at all."""

    def test_every_bit_of_a_frame_matters(self):
        for frame in self.frames():
            # One gate for all: a refusal must leave it as it was.
            gate = gate_of_b()
            damaged = bytearray(frame)
            for bit in range(8 * len(frame)):
                damaged[bit // 8] ^= 1 << bit % 8
                self.assertTrue(refuses(gate.open, bytes(damaged)), f"{len(frame)}: bit {bit}")
                damaged[bit // 8] ^= 1 << bit % 8
            self.assertFalse(refuses(gate.open, frame))

    def test_every_truncation_of_a_frame_is_refused(self):
        for frame in self.frames():
            gate = gate_of_b()
            for length in range(len(frame)):
                self.assertTrue(refuses(gate.open, frame[:length]), f"{len(frame)}: length {length}")
            self.assertFalse(refuses(gate.open, frame))

    def frames(self) -> List[bytes]:
        """Of the least, a middle and the greatest size, in both suites."""
        return [make(suite, HEARTBEAT.ljust(size, b"\0"))
                for suite in SUITES.values() for size in (64, 512, 1280)]

    def test_every_bit_of_a_first_message_matters(self):
        caller = Stream(secrets(), BOOTS["A"], True, ONE_TIME[0])
        first = caller.start(b"hello")
        for bit in range(8 * len(first)):
            if bit // 8 in (8, 9):
                continue  # The length is for the framer.
            damaged = bytearray(first)
            damaged[bit // 8] ^= 1 << bit % 8
            called = Stream(secrets(), BOOTS["B"], False, ONE_TIME[1])
            self.assertTrue(
                refuses(lambda data: called.accept(data[:8], data[10:]), bytes(damaged)),
                f"bit {bit}")

    def test_a_core_has_one_spelling(self):
        data = core().bytes
        for length in range(len(data)):
            self.assertTrue(refuses(Core.parse, data[:length]), f"length {length}")
        for bit in range(8 * len(data)):
            damaged = bytearray(data)
            damaged[bit // 8] ^= 1 << bit % 8
            if not refuses(Core.parse, bytes(damaged)):
                self.assertEqual(Core.parse(bytes(damaged)).bytes, damaged, f"bit {bit}")

    def test_what_a_datagram_is_read_as_is_written_as_it_was(self):
        data = Datagram("WHO", {"boot": bytes(8), "echo": 5}).encode()
        for bit in range(8 * len(data)):
            damaged = bytearray(data)
            damaged[bit // 8] ^= 1 << bit % 8
            if not refuses(Datagram.parse, bytes(damaged)):
                self.assertEqual(Datagram.parse(bytes(damaged)).encode(64), damaged, f"bit {bit}")


if __name__ == "__main__":
    unittest.main()
