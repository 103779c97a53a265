"""The common parts of the command lines of scripts/local-cluster: options, and the binary."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any, Optional

from ..suite.build import BuildFailed, build, build_commit, prepare
from .interrupt import Interrupts
from .limits import LIMITS
from ..suite.terminal import Terminal

# A debug build is there in less than half the time of a release, and so many nodes of it leave a small
# machine idle enough to be judged on.
MOST_DEBUG_NODES = 8


class Parser(argparse.ArgumentParser):
    """Refuses in our words and with our exit code."""

    def error(self, message: str) -> Any:
        sys.stderr.write(f"local-cluster: {message}\n  try: {self.prog} --help\n")
        raise SystemExit(64)


def whole(least: int, most: int) -> Any:
    """Reads a number between the two."""

    def parse_whole(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    parse_whole.__name__ = "whole number"
    return parse_whole


def seconds(text: str) -> float:
    """Reads `10` and `10s`."""
    value = float(text[:-1] if text.endswith("s") else text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 86400 seconds")
    return value


def commit(text: str) -> str:
    """Reads the name of a commit: 7 to 40 hexadecimal digits."""
    if not re.fullmatch(r"[0-9a-f]{7,40}", text):
        raise argparse.ArgumentTypeError(f"{text} is not 7 to 40 hexadecimal digits")
    return text


def add_common(parser: argparse.ArgumentParser) -> None:
    """Seed, profile, network and binary."""
    parser.add_argument("--seed", type=whole(0, 2**31), metavar="K", help="default: a random one")
    parser.add_argument("--profile", choices=sorted(LIMITS), default="lan", help="default lan")
    parser.add_argument(
        "--no-lifelines", dest="lifelines", action="store_false",
        help="the nodes do not watch each other by connections that stay open: a crash is known by silence alone",
    )
    parser.add_argument(
        "--network", choices=["auto", "loopback"], default="auto",
        help="auto: network namespaces if possible, so that the network can be broken",
    )
    parser.add_argument(
        "--install", action="store_true",
        help="as root, install by apt the tools that are missing (nft, faketime; serf to compare)",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--debug", action="store_const", dest="configuration", const="debug",
        help="build and run the debug binary",
    )
    kind.add_argument(
        "--release", action="store_const", dest="configuration", const="release",
        help="build and run the release binary: the default, except for the quick scenarios on up to "
        f"{MOST_DEBUG_NODES} nodes",
    )
    parser.add_argument("--binary", type=Path, metavar="PATH", help="run this program, and build nothing")


def build_kind(options: argparse.Namespace) -> str:
    """For the report."""
    return "given" if options.binary else options.configuration or "release"


def chosen_binary(options: argparse.Namespace, interrupts: Interrupts, terminal: Terminal) -> Path:
    """The one that was given, or a fresh one. Throws `BuildFailed`."""
    if options.binary is not None:
        return _given(options.binary)
    terminal.doing("setup")
    terminal.stamped(prepare(interrupts.held, terminal.progress))
    terminal.doing("build")
    kind = build_kind(options)
    terminal.stamped(f"building iridium ({kind}); the first time this takes a few minutes")
    return build(kind == "debug", interrupts.held, terminal.progress)


def old_binary(options: argparse.Namespace, interrupts: Interrupts, terminal: Terminal) -> Optional[Path]:
    """The program of the previous version: given, built from a commit, or none. Throws `BuildFailed`."""
    if options.old_binary is not None:
        return _given(options.old_binary)
    if options.old_commit is None:
        return None
    terminal.doing("build")
    terminal.stamped(f"building iridium of commit {options.old_commit} (debug); the first time this takes minutes")
    return build_commit(options.old_commit, interrupts.held, terminal.progress)


def _given(path: Path) -> Path:
    if not os.access(path, os.X_OK):
        raise BuildFailed(f"cannot run {path}")
    return Path(os.path.abspath(path))
