"""Lines of a log: events are understood, everything else is passed over without complaint."""

import json
import random
import unittest

from harness.nodes.events import Event, Ready, parse_line, readable

EVENT = {
    "schema": "iridium.event/1", "at": "2026-01-01T00:00:00.000Z", "event": "suspected",
    "member": "n3", "observer": "n1", "id": "00", "address": "127.0.0.1:1", "incarnation": 3,
    "state": "suspect", "why": {"accusers": ["n2", "n4"], "text": "no ack in 180 ms"},
}
READY = {
    "schema": "iridium.ready/1", "at": "2026-01-01T00:00:00.000Z", "node": "n1", "id": "0011",
    "cluster": "default", "address": "127.0.0.1:42101", "control": "/x/n1.sock", "pid": 123,
}


def parse(fields):
    return parse_line(json.dumps(fields).encode(), "n1", 5.0)


class ParseTests(unittest.TestCase):
    def test_an_event_keeps_our_time_and_its_reasons(self):
        self.assertEqual(
            parse(EVENT),
            Event(5.0, "n1", "n3", "suspected", "suspect", 3, ("n2", "n4"), "no ack in 180 ms", "00"),
        )

    def test_the_state_follows_from_the_event_where_it_is_not_given(self):
        for kind, state in [("failed", "dead"), ("left", "left"), ("recovered", "alive")]:
            fields = {key: value for key, value in EVENT.items() if key != "state"}
            self.assertEqual(parse({**fields, "event": kind}).state, state)

    def test_no_reason_is_no_error(self):
        self.assertEqual(parse({**EVENT, "why": None}).why, "")

    def test_a_ready_line_names_address_and_process(self):
        ready = parse(READY)
        self.assertIsInstance(ready, Ready)
        self.assertEqual((ready.address, ready.pid), ("127.0.0.1:42101", 123))

    def test_fields_that_are_not_known_yet_are_no_error(self):
        self.assertIsNotNone(parse({**EVENT, "new": [1, 2]}))

    def test_a_message_says_what_it_says_and_changes_no_state(self):
        message = {"schema": "iridium.event/1", "event": "message", "member": "n3", "type": 7, "text": "hi"}
        self.assertEqual(parse(message), Event(5.0, "n1", "n3", "message", None, 0, text="hi"))
        self.assertEqual(parse({**message, "text": None, "hex": "ff"}).text, "")

    def test_other_lines_are_passed_over(self):
        for line in [b"", b"iridium: cannot listen [IR-01]", b"# note", b"{", b"{}", b"[]", b'{"a":1}',
                     b'{"schema":"iridium.event/1"}', b'{"schema":"iridium.event/2","event":"left"}',
                     b'{"schema":"iridium.event/1","event":"left","member":"a","incarnation":"x"}',
                     b'{"schema":"iridium.event/1","event":"left","member":"a","why":7}',
                     b"{\xff\xfe}", b"{" * 5000, b'{"a":' * 5000]:
            self.assertIsNone(parse_line(line, "n1", 0.0), line)

    def test_no_damage_to_a_line_raises(self):
        dice = random.Random(1)
        whole = json.dumps(EVENT).encode()
        for _ in range(5000):
            line = bytearray(whole[: dice.randrange(len(whole) + 1)])
            for _ in range(dice.randrange(4)):
                if line:
                    line[dice.randrange(len(line))] = dice.randrange(256)
            parse_line(bytes(line), "n1", 0.0)

    def test_a_readable_line_is_short_and_says_why(self):
        self.assertEqual(
            readable(json.dumps(EVENT)),
            "2026-01-01T00:00:00.000Z suspected n3, incarnation 3: no ack in 180 ms",
        )
        self.assertEqual(readable("IR-01"), "IR-01")
