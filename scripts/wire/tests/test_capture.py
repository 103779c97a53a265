"""Captures: what the decoder and the dissector say of frames that we made."""

import contextlib
import io
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from ..capture import read_pcap, write_pcap
from ..datagrams import Datagram
from ..decoding import Decoder, main
from ..fixtures import examples as example
from ..fixtures.cases import BOOTS, KEYS, secrets
from ..fixtures.frame_cases import make
from ..streams import make_preamble, make_reject

_PORTS = {"A": 2254, "B": 2255}
_SCRIPT = Path(__file__).resolve().parents[1] / "iridium.lua"


def _packet(protocol: int, source: int, target: int, data: bytes) -> bytes:
    """Ethernet, IPv4 without checksums, UDP or TCP."""
    if protocol == 17:
        inner = struct.pack(">HHHH", source, target, 8 + len(data), 0) + data
    else:
        inner = struct.pack(">HHIIBBHHH", source, target, 1, 1, 0x50, 0x18, 1024, 0, 0) + data
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 0, 0, 64, protocol, 0,
                       bytes([127, 0, 0, 1]), bytes([127, 0, 0, 1]))
    return bytes(12) + b"\x08\x00" + head + inner


def _write(path: Path) -> None:
    hello = Datagram("HEARTBEAT", {}, [example.full("A"), example.VIEW], flag=True).encode()
    who = Datagram("WHO", {"boot": BOOTS["A"].bid, "echo": 1}).encode()
    beat = Datagram("HEARTBEAT", {}, [example.VIEW]).encode()
    frames = [
        ("B", "A", make(1, who, 1, sender="B", receiver="A")), ("A", "B", make(1, hello, 2)),
        ("A", "B", make(2, beat, 3)),
    ]
    packets = [_packet(17, _PORTS[one], _PORTS[other], frame) for one, other, frame in frames]
    first = make_preamble(secrets(), bytes(32)) + b"\x00\xf0" + bytes(240)
    packets += [_packet(6, 4444, 2254, first), _packet(6, 2254, 4444, make_reject(4))]
    packets.append(_packet(17, 53, 53, b"something else"))
    write_pcap(path, [(1.5 + 0.1 * number, one) for number, one in enumerate(packets)])


class CaptureTests(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name) / "one.pcap"
        _write(self.path)

    def tearDown(self):
        self._folder.cleanup()

    def _lines(self, boots):
        decoder = Decoder([secrets()], boots)
        # B is known by its own first frame, A by its introduction.
        return [line for packet in read_pcap(self.path) for line in decoder.lines(packet)]

    def test_first_contact_is_shown_whole(self):
        text = "\n".join(self._lines([]))
        self.assertIn("HEARTBEAT introduction=1", text)
        self.assertIn("alias=n1", text)
        self.assertIn("suite=2", text)
        self.assertIn("the key file does not open it", text)
        self.assertIn("refused, code 4", text)
        self.assertIn("not a frame", text)

    def test_frames_between_two_are_shown_to_who_has_a_boot_secret(self):
        text = "\n".join(self._lines([BOOTS["B"]]))
        self.assertIn("HEARTBEAT introduction=0", text)
        self.assertIn(f"WHO boot={BOOTS['A'].bid.hex()} echo=1", "\n".join(self._lines([BOOTS["A"]])))

    def test_the_command_reads_a_key_file(self):
        key = Path(self._folder.name) / "key"
        key.write_text(f"iridium-key-1 {KEYS['K1'].secret.hex()} {KEYS['K1'].fingerprint}\n")
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            self.assertEqual(
                main([str(self.path), "--key-file", str(key), "--cluster", "prod-eu1"]), 0)
            self.assertEqual(main([str(key), "--key-file", str(key)]), 65)
        self.assertIn("alias=n1", said.getvalue())
        self.assertIn("not-a-pcap", said.getvalue())

    def test_the_dissector_shows_the_clear_header(self):
        if shutil.which("tshark") is None:
            self.skipTest("tshark is not installed")
        done = subprocess.run(
            ["tshark", "-X", f"lua_script:{_SCRIPT}", "-r", str(self.path), "-Y", "iridium", "-V"],
            capture_output=True, text=True, timeout=60, check=False)
        text = done.stdout
        self.assertEqual(text.count("Iridium frame"), 3, done.stderr)
        self.assertIn("Suite: pairwise (2)", text)
        self.assertIn("Suite: cluster key (first contact) (1)", text)
        self.assertIn("Sequence: 3", text)
        self.assertIn(f"Sender's boot: 0x{BOOTS['A'].bid.hex()}", text)
        self.assertIn("Iridium stream: preamble and hello", text)
        self.assertIn("Code: busy (4)", text)


if __name__ == "__main__":
    unittest.main()
