"""The prerequisites of the first node: tools, libraries and the binary."""

import os
import sys
import time
from pathlib import Path
from typing import Callable, ContextManager

from ..nodes.process import ChildProcess
from .telling import telling_lines
from ..run.workspace import last_lines

# A first release build of everything takes about four minutes on two busy cores.
_LONGEST_SECONDS = 30 * 60

# The version before this one, 0.1.0: the scenario `upgrade` begins with it.
PREVIOUS_COMMIT = "44a29cb"

# Keeps signals back while a process is started: `Interrupts.held`.
Held = Callable[[], ContextManager]

ROOT = Path(__file__).resolve().parents[3]
OUT = ROOT / "out"


class BuildFailed(Exception):
    """`log` has the whole output; the text has its end."""


def prepare(held: Held, progress: Callable[[str], None]) -> str:
    """Looks for a toolchain and libsodium, installs what can be installed, and says what is there."""
    log = OUT / "setup.log"
    _run([str(ROOT / "scripts" / "setup")], log, held, 10 * 60, progress)
    return (last_lines(log, 1) or [""])[0]


def build(debug: bool, held: Held, progress: Callable[[str], None]) -> Path:
    """Builds the `iridium` program and gives back its path."""
    configuration = "debug" if debug else "release"
    arguments = ["swift", "build", "--package-path", str(ROOT), "-c", configuration]
    arguments += ["--product", "iridium"]
    if not debug and sys.platform == "linux":
        # No Swift runtime to load: less memory in every node, and the binary runs where none is.
        arguments.append("--static-swift-stdlib")
    _run(arguments, OUT / f"build-{configuration}.log", held, _LONGEST_SECONDS, progress)
    binary = ROOT / ".build" / configuration / "iridium"
    if not binary.is_file():
        raise BuildFailed(f"swift build made no {binary}")
    return binary


def build_commit(commit: str, held: Held, progress: Callable[[str], None]) -> Path:
    """Builds the debug program of an earlier commit of this repository, once, and gives back its path."""
    place = OUT / "old" / commit
    source, scratch = place / "source", place / "build"
    if not (source / "Package.swift").is_file():
        source.mkdir(parents=True, exist_ok=True)
        archive = place / "source.tar"
        _run(
            ["git", "-C", str(ROOT), "archive", "--output", str(archive), commit], place / "archive.log", held,
            60, progress,
        )
        _run(["tar", "-xf", str(archive), "-C", str(source)], place / "archive.log", held, 60, progress)
        archive.unlink()
    arguments = ["swift", "build", "--package-path", str(source), "--scratch-path", str(scratch)]
    _run([*arguments, "--product", "iridium"], place / "build.log", held, _LONGEST_SECONDS, progress)
    binary = scratch / "debug" / "iridium"
    if not binary.is_file():
        raise BuildFailed(f"swift build made no {binary}")
    return binary


def _run(
    arguments: list,
    log: Path,
    held: Held,
    seconds: float,
    progress: Callable[[str], None],
) -> None:
    log.parent.mkdir(exist_ok=True)
    log.unlink(missing_ok=True)
    began = time.monotonic()
    with held():
        process = ChildProcess(arguments, log, dict(os.environ))
    try:
        while process.exit_status is None:
            if time.monotonic() - began > seconds:
                raise BuildFailed(f"{arguments[0]} has not ended after {seconds / 60:g} minutes")
            process.wait(0.5)
            step = (last_lines(log, 1) or [""])[0]
            progress(f"{time.monotonic() - began:.0f} s   {step}")
    finally:
        process.end(grace=2)
    if process.exit_status != 0:
        shown = "\n".join(telling_lines(log.read_text(errors="replace")))
        name = " ".join(Path(arguments[0]).name.split() + arguments[1:2])
        raise BuildFailed(f"{shown}\n{name} failed; all of its output: {log}")
