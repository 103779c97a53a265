"""Compares the fixtures, the Swift code's words and this implementation.

  scripts/wire/check                 Specs/fixtures/ is what this implementation makes; damage to any
                                     golden frame is refused; captures are read (by tshark too, where
                                     it is installed)
  scripts/wire/check --swift FILE    what the Swift tests have written (IRIDIUM_WIRE_OUTPUT=FILE) reads
                                     here as they meant it, and comes out as the same bytes
  scripts/wire/check --install       installs tshark first, by apt-get, where that is possible
  scripts/wire/check --write         writes Specs/fixtures/
"""

import argparse
import json
import shutil
import sys
import unittest
from pathlib import Path
from typing import Dict, List

from harness.suite.install import install

from .datagrams import Datagram
from .fixtures.all import build_all
from .fixtures.cases import BOOTS, ONE_TIME, secrets
from .fixtures.frame_cases import gate_of_b
from .fixtures.stream_cases import read
from .keys import boot_id, is_signed
from .refused import Refused
from .streams import Stream, StreamMessage

FOLDER = Path(__file__).resolve().parents[2] / "Specs" / "fixtures"


def write() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in build_all():
        (FOLDER / f"{file.name}.json").write_text(file.text)
    return 0


def check_fixtures() -> int:
    """The exit status."""
    wrong, cases, negative = [], 0, 0
    files = build_all()
    for file in files:
        path = FOLDER / f"{file.name}.json"
        if not path.is_file() or path.read_text() != file.text:
            wrong.append(path.name)
        cases += len(file.cases)
        negative += file.negative
    stray = {path.name for path in FOLDER.glob("*.json")} - {f"{file.name}.json" for file in files}
    for name in wrong:
        print(f"{name} is not what this implementation makes (scripts/wire/check --write, and look)")
    for name in stray:
        print(f"{name} is made by no generator")
    if shutil.which("tshark") is None:
        print("skipped: tshark is not installed, so the dissector is not tried")
    print(f"fixtures: {cases} cases in {len(files)} files, {negative} of them negative"
          f" ({100 * negative // cases} %)")
    if wrong or stray:
        return 1
    tests = unittest.defaultTestLoader.loadTestsFromNames(
        ["wire.tests.test_damage", "wire.tests.test_capture"])
    result = unittest.TextTestRunner(verbosity=1).run(tests)
    return 0 if result.wasSuccessful() else 1


# --- what Swift has written -----------------------------------------------------------------------


def check_swift(path: Path) -> int:
    """Each line of the file is one thing that the Swift code made."""
    if not path.is_file():
        print(f"there is no {path}: IRIDIUM_WIRE_OUTPUT={path} swift test writes it")
        return 66
    known = {f"{file.name}/{case['id']}": case for file in build_all() for case in file.cases}
    seen: Dict[str, int] = {}
    complaints: List[str] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        made = json.loads(line)
        seen[made["kind"]] = seen.get(made["kind"], 0) + 1
        complaint = _CHECKS[made["kind"]](made, known)
        if complaint:
            complaints.append(f"line {number} ({made['kind']} {made.get('id', '')}): {complaint}")
    for complaint in complaints[:20]:
        print(complaint)
    counts = ", ".join(f"{count} of {kind}" for kind, count in sorted(seen.items()))
    print(f"written by Swift: {counts}; {len(complaints)} that do not agree")
    missing = _CHECKS.keys() - seen.keys()
    if missing:
        print(f"nothing of {', '.join(sorted(missing))}")
    fixtures = [line for line in known if seen.get("fixture", 0) < len(known)]
    if fixtures:
        print(f"{seen.get('fixture', 0)} of {len(known)} fixtures reproduced")
    return 1 if complaints or missing or fixtures else 0


def _check_fixture(made: Dict, known: Dict) -> str:
    """Compares Swift's result for a fixture's inputs with the result here."""
    case = known.get(made["id"])
    if case is None:
        return "there is no such fixture"
    for name, value in made["output"].items():
        if case[name] != value:
            return f"{name}: {value} there, {case[name]} here"
    return ""


def _check_datagram(made: Dict, _: Dict) -> str:
    plaintext = bytes.fromhex(made["plaintext"])
    try:
        datagram = Datagram.parse(plaintext)
    except Refused as refused:
        return f"refused here: {refused.reason}"
    if datagram.describe() != made["message"]:
        return f"{made['message']} there, {datagram.describe()} here"
    return "" if datagram.encode(len(plaintext)) == plaintext else "written in another way here"


def _check_stream_message(made: Dict, _: Dict) -> str:
    plaintext = bytes.fromhex(made["plaintext"])
    try:
        lines = read("message", plaintext)
    except Refused as refused:
        return f"refused here: {refused.reason}"
    if lines != made["message"]:
        return f"{made['message']} there, {lines} here"
    again = StreamMessage.parse(plaintext).encode()
    return "" if again == plaintext else "written in another way here"


def _check_frame(made: Dict, _: Dict) -> str:
    """Sealed by boot A for boot B, with a separate hedge."""
    try:
        header, plaintext = gate_of_b().open(bytes.fromhex(made["frame"]))
    except Refused as refused:
        return f"refused here: {refused.reason}"
    right = plaintext.hex() == made["plaintext"] and str(header.sequence) == made["sequence"]
    return "" if right and header.sender == BOOTS["A"].bid else "opens to something else"


def _check_damaged(made: Dict, _: Dict) -> str:
    """Damaged bytes and what the Swift decoder called it: both must give the same first reason."""
    try:
        Datagram.parse(bytes.fromhex(made["plaintext"]))
        reason = ""
    except Refused as refused:
        reason = refused.reason
    return "" if reason == made["reason"] else f"{made['reason']!r} there, {reason!r} here"


def _check_signature(made: Dict, _: Dict) -> str:
    right = is_signed(*(bytes.fromhex(made[name]) for name in ("signature", "text", "signer")))
    return "" if right else "the signature is not valid here"


def _check_stream(made: Dict, _: Dict) -> str:
    """Swift called with one-time keys of its own choice; we answer with our fixed one."""
    called = Stream(secrets(), BOOTS["B"], False, ONE_TIME[1])
    messages = [bytes.fromhex(one) for one in made["messages"]]
    try:
        hello = called.accept(messages[0][:8], messages[0][10:])
        answer = called.write(bytes.fromhex(made["answer"]))
        if answer != messages[1]:
            return "HELLO_ACK comes out in another way here"
        join = called.read(messages[2][2:])
        called.finish()
        record = called.open(messages[3][2:])
    except Refused as refused:
        return f"refused here: {refused.reason}"
    payloads = [one.hex() for one in (hello, join, record)]
    if boot_id(called.handshake.remote_static) != BOOTS["A"].bid:
        return "another static key"
    return "" if payloads == made["payloads"] else "opens to something else"


def _check_damaged_stream_message(made: Dict, _: Dict) -> str:
    plaintext = bytes.fromhex(made["plaintext"])
    try:
        # Swift reads KEYS elsewhere, in locked memory (the fixtures "keysets"): here it does not know it.
        if plaintext[:1] == b"\x15":
            raise Refused("unknown-message-type")
        StreamMessage.parse(plaintext)
        reason = ""
    except Refused as refused:
        reason = refused.reason
    return "" if reason == made["reason"] else f"{made['reason']!r} there, {reason!r} here"


_CHECKS = {
    "fixture": _check_fixture, "datagram": _check_datagram, "damaged": _check_damaged,
    "stream-message": _check_stream_message, "frame": _check_frame,
    "damaged-stream-message": _check_damaged_stream_message, "signature": _check_signature,
    "stream": _check_stream,
}


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/wire/check", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write Specs/fixtures/")
    parser.add_argument("--install", action="store_true", help="install tshark first")
    parser.add_argument("--swift", metavar="FILE", type=Path, help="check what Swift has written")
    options = parser.parse_args(arguments)
    if options.write:
        return write()
    if options.install:
        install(["tshark"], lambda text: print(f"wire: {text}", flush=True))
    return check_swift(options.swift) if options.swift else check_fixtures()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
