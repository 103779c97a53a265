"""`scripts/test`: all that the continuous integration runs, in this order, each step with its time.

Stops at the first step that fails, shows what tells the failure and says how to run it alone. The whole
output of every step is kept in out/test/. Closes with one plain line: `8 passed, 0 failed`.

A step that could not be done has failed: no step passes by being skipped. The steps fixtures, wire and
mallory need PyNaCl, which the first of them fetches by pip into out/; where that is impossible,
`--without fixtures,wire,mallory` goes on without them, and the closing line counts them as skipped.
Smaller parts that are skipped inside a step that passed (`skipped: ...`) are shown under it.
"""

import argparse
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional, Set

from .build import OUT, ROOT
from ..run.interrupt import Interrupted, Interrupts
from ..nodes.process import ChildProcess
from .telling import telling_lines
from .terminal import Terminal
from ..run.workspace import last_lines

LOGS = OUT / "test"
CONSUMER_BUILD = ROOT / ".build" / "consumer"
EXAMPLE_BUILD = ROOT / ".build" / "example"
HUMMINGBIRD_BUILD = ROOT / ".build" / "hummingbird"
GRPC_BUILD = ROOT / ".build" / "grpc"
WIRE_OUTPUT = LOGS / "wire.jsonl"
# scripts/wire/with-python then fails where it would say that it skips.
NEEDS_PYNACL = {"IRIDIUM_NEED_PYNACL": "1"}

# Line by line where GNU's stdbuf is at hand: if a test does not end, the log names it.
SWIFT_TEST = [*(["stdbuf", "-oL"] if shutil.which("stdbuf") else []),
              "swift", "test", "--skip-build", "--disable-xctest"]
SIMULATOR = "MembershipSimulatorTests"

# The quick ones, and of the others those that take less than half a minute.
CLUSTER_SCENARIOS = (
    "kill,silent-kill,pause,restart,leave,partition,one-way,udp-blocked,loss-20,strangers,noise,"
    "slow-loris,idle,uncallable,no-route,copied-directory,lost-incarnation,descriptors,unread-output,control-socket"
)

# Of our own modules, all that `import Membership` may bring; and what it may not bring of others'.
LEAN_MODULES = {"LibC", "Membership", "MembershipCore", "MembershipSecurity", "MembershipWire"}
UNWANTED_PREFIXES = ("ArgumentParser", "NIOHTTP")
UNWANTED_PACKAGES = ("swift-argument-parser", "swift-service-lifecycle", "swift-async-algorithms")


@dataclass(frozen=True)
class Step:
    """One command; it passes if it exits with 0 in time and `check` finds no fault in what it left."""

    name: str
    command: List[str]
    minutes: float
    check: Optional[Callable[[str], str]] = None
    environment: Dict[str, str] = field(default_factory=dict)
    # Whether its output is worth reading even when it passed.
    shown: bool = False


def steps(soak: bool) -> List[Step]:
    """The fast tier takes well under a quarter of an hour on two cores, `soak` an hour more."""
    cluster = ["scripts/local-cluster", "test"]
    example = ["--package-path", "Tests/ExampleService", "--scratch-path",
               str(EXAMPLE_BUILD.relative_to(ROOT))]
    hummingbird = ["--package-path", "Tests/HummingbirdService", "--scratch-path",
                   str(HUMMINGBIRD_BUILD.relative_to(ROOT))]
    grpc = ["--package-path", "Tests/GRPCService", "--scratch-path", str(GRPC_BUILD.relative_to(ROOT))]
    fast = [
        # It may install as root, and says so.
        Step("setup", ["scripts/setup"], 12, shown=True),
        Step("layers", ["scripts/check-layers"], 1),
        Step("layer-checker", ["scripts/check-layers", "--self-test"], 1, unittest_ran),
        Step("conversations", ["scripts/check-conversations"], 1),
        Step(
            "conversation-checker", ["scripts/check-conversations", "--self-test"], 1, unittest_ran
        ),
        Step("documents", ["scripts/check-documents"], 1),
        Step("document-checker", ["scripts/check-documents", "--self-test"], 1, unittest_ran),
        Step("readme-checker", ["scripts/check-readme", "--self-test"], 1, unittest_ran),
        Step("traces", ["scripts/check-traces"], 1),
        Step("trace-checker", ["scripts/check-traces", "--self-test"], 1, unittest_ran),
        Step("words", ["scripts/check-words"], 1),
        Step("word-checker", ["scripts/check-words", "--self-test"], 1, unittest_ran),
        Step("manual-tidier", ["scripts/tidy-manual", "--self-test"], 1, unittest_ran),
        Step("format", ["scripts/format", "--check"], 3),
        Step("models", ["scripts/check-models", "--install"], 20, models_searched),
        Step("deploy", ["scripts/check-deploy", "--install"], 10, files_checked),
        Step("public-face", ["scripts/check-public"], 1),
        Step("documented-code", ["scripts/check-doc-code"], 1),
        # Every line of the gate has a mutant, or a reason why not.
        Step("gate-mutants", ["scripts/mutate-gate", "--list"], 1),
        Step(
            "harness-tests",
            [sys.executable, "-m", "unittest", "discover", "-s", "scripts/harness/tests",
             "-t", "scripts"],
            3, unittest_ran,
        ),
        Step("fixtures", ["scripts/wire/check", "--install"], 8, fixtures_checked, NEEDS_PYNACL),
        Step("build", ["swift", "build", "--build-tests"], 30),
        # It reads the modules that were built.
        Step("articles", ["scripts/check-docc"], 5, articles_converted),
        # Simulated worlds keep every thread busy for a minute, and tests of sockets and processes beside
        # them would measure that.
        Step("simulator-tests", [*SWIFT_TEST, "--filter", SIMULATOR], 20, swift_tests_ran),
        Step(
            "unit-tests", [*SWIFT_TEST, "--skip", SIMULATOR], 20, swift_tests_ran,
            {"IRIDIUM_WIRE_OUTPUT": str(WIRE_OUTPUT)},
        ),
        Step("readme", ["scripts/check-readme"], 5),
        # The other implementation reads the output of the Swift tests.
        Step(
            "wire", ["scripts/wire/check", "--swift", str(WIRE_OUTPUT)], 5, swift_words_read,
            NEEDS_PYNACL,
        ),
        Step(
            "consumer",
            ["swift", "run", "--package-path", "Tests/Consumer",
             "--scratch-path", str(CONSUMER_BUILD.relative_to(ROOT))],
            15, consumer_is_lean,
        ),
        # The example and the code of the articles; then three workers share jobs.
        Step("example-build", ["swift", "build", *example], 15),
        Step("example", ["swift", "run", *example, "--skip-build", "ExampleService"], 2, example_done),
        # A service by HTTP: its tests with a scripted cluster, then three instances, one of which drains and leaves.
        Step("hummingbird-build", ["swift", "build", "--build-tests", *hummingbird], 15),
        Step("hummingbird-tests", [*SWIFT_TEST, *hummingbird], 2, swift_tests_ran),
        Step(
            "hummingbird", ["swift", "run", *hummingbird, "--skip-build", "HummingbirdService"], 2, example_done
        ),
        Step(
            "cluster",
            [*cluster, "--debug", "--install", "--idle-window", "5", "--scenario", CLUSTER_SCENARIOS],
            15, shown=True,
        ),
        # One seed: what a change breaks is then told from what another schedule would have shown before.
        Step(
            "chaos",
            ["scripts/local-cluster", "chaos", "--debug", "--install", "--minutes", "1", "--seed", "1"],
            10, shown=True,
        ),
        Step(
            "compare", ["scripts/local-cluster", "compare", "--debug", "--install", "--smoke"], 10,
            shown=True,
        ),
        Step(
            "mallory", ["scripts/mallory", "all", "--quick", "--debug"], 25, attacks_tried,
            NEEDS_PYNACL, shown=True,
        ),
    ]
    if not soak:
        return fast
    return fast + [
        Step(
            "unit-tests-soak", SWIFT_TEST, 60,
            swift_tests_ran, {"IRIDIUM_SOAK": "1"},
        ),
        *(
            Step(
                f"cluster-{nodes}-{seed}",
                [*cluster, "--nodes", str(nodes), "--seed", str(seed), "--idle-window", "60"],
                45, shown=True,
            )
            for nodes in (5, 16, 32)
            for seed in (1, 2, 3)
        ),
        Step(
            "mallory-all", ["scripts/mallory", "all"], 60, attacks_tried, NEEDS_PYNACL, shown=True,
        ),
        Step("cluster-all", [*cluster, "--all", "--timeout", "3600"], 75, shown=True),
        Step(
            "compare-states",
            ["scripts/local-cluster", "compare", "--states", "--install", "--even-if-busy", "--rounds", "1"],
            45, states_kept, shown=True,
        ),
        # A resolver for gRPC, whose packages take four minutes to compile: its tests with a scripted cluster, then a client that calls
        # members that come and go.
        Step("grpc-build", ["swift", "build", "--build-tests", *grpc], 25),
        Step("grpc-tests", [*SWIFT_TEST, *grpc], 2, swift_tests_ran),
        Step("grpc", ["swift", "run", *grpc, "--skip-build", "GRPCService"], 2, example_done),
        # It builds the previous version from its commit, which must be in the clone.
        Step(
            "upgrade", [*cluster, "--scenario", "upgrade", "--old-commit", "--nodes", "7", "--seed", "1"], 60,
            shown=True,
        ),
        *(
            Step(
                f"chaos-{seed}",
                ["scripts/local-cluster", "chaos", "--minutes", "30", "--seed", str(seed)], 45, shown=True,
            )
            for seed in (1, 2)
        ),
    ]


# --- what a step left -----------------------------------------------------------------------------


def unittest_ran(output: str) -> str:
    """A runner that found no test has proved nothing."""
    return "" if _count(r"^Ran (\d+) tests?", output) else "no test was run"


def swift_tests_ran(output: str) -> str:
    """The same for Swift Testing."""
    return "" if _count(r"Test run with (\d+) tests?", output) else "no test was run"


def states_kept(output: str) -> str:
    """A comparison is a measurement and never fails by itself; a lost entry of ours is a fault."""
    found = re.findall(r"state [^:]*: lost, max +\S+ +bar 0 +(met|SHORT)", output)
    if not found:
        return "no state was compared"
    return "" if set(found) == {"met"} else "an entry of a published state was lost"


def fixtures_checked(output: str) -> str:
    """The second implementation reproduced the fixtures, and its own tests ran."""
    if _count(r"^fixtures: (\d+) cases", output) == 0:
        return "no fixture was compared"
    return unittest_ran(output)


def swift_words_read(output: str) -> str:
    """The second implementation has read the output of the Swift tests."""
    return "" if _count(r"^written by Swift: (\d+)", output) else "nothing that Swift wrote was read"


def models_searched(output: str) -> str:
    """Lines that were searched to their end."""
    return "" if _count(r"^(\d+) lines, 0 wrong", output) else "no model was searched"


def files_checked(output: str) -> str:
    """Files of deploy/ were read by the tools of their readers."""
    return "" if _count(r"^(\d+) checked, 0 wrong", output) else "no file was checked"


def attacks_tried(output: str) -> str:
    """Attacks held, and as root none was left out for want of root."""
    if _count(r"^(\d+) held, ", output) == 0:
        return "no attack was tried"
    kept_out = [line.split()[1] for line in output.splitlines()
                if line.startswith("SKIP ") and "needs root" in line]
    if kept_out and os.geteuid() == 0:
        return f"not tried, although we are root: {', '.join(kept_out)}"
    return ""


def _count(pattern: str, output: str) -> int:
    """The number that a step's own words state; 0 if it did not come to state it."""
    found = re.search(pattern, output, re.MULTILINE)
    return int(found.group(1)) if found else 0


def articles_converted(output: str) -> str:
    """DocC has made pages of both libraries."""
    return "" if len(re.findall(r"^\w+: [1-9]\d* pages$", output, re.MULTILINE)) == 2 else "no page was made"


def example_done(output: str) -> str:
    """The example's members shared the work, also after one had left."""
    return "" if output.rstrip().endswith("done") else "the example did not come to its end"


def consumer_is_lean(output: str) -> str:
    """Checks the compiled modules and fetched packages of a package that imports Membership alone."""
    del output
    # Every module of the package has a directory; those that were compiled have objects in it.
    compiled = {
        directory.name[: -len(".build")]
        for directory in CONSUMER_BUILD.glob("*/debug/*.build")
        if any(directory.rglob("*.o"))
    }
    fetched = {path.name for path in (CONSUMER_BUILD / "checkouts").glob("*")}
    own = {path.name for path in (ROOT / "Sources").iterdir() if path.is_dir()}
    return lean_complaint(compiled, fetched, own)


def lean_complaint(compiled: Set[str], fetched: Set[str], own: Set[str]) -> str:
    """"" if nothing unwanted is among what was compiled and fetched."""
    # Seeing nothing at all would mean that we look in the wrong place.
    if "Membership" not in compiled or "swift-nio" not in fetched:
        return f"found no build of Membership in {CONSUMER_BUILD}"
    unwanted = sorted((compiled & own) - LEAN_MODULES)
    unwanted += sorted(name for name in compiled if name.startswith(UNWANTED_PREFIXES))
    unwanted += sorted(fetched.intersection(UNWANTED_PACKAGES))
    if unwanted:
        return f"importing Membership alone built or fetched {', '.join(unwanted)}"
    return ""


# --- running --------------------------------------------------------------------------------------


class Suite:
    """Runs steps one after the other."""

    def __init__(self, terminal: Terminal, interrupts: Interrupts):
        self._terminal = terminal
        self._interrupts = interrupts

    def run(self, chosen: List[Step], left_out: List[str]) -> int:
        """The exit status. Steps left out are reported and counted."""
        LOGS.mkdir(parents=True, exist_ok=True)
        passed = 0
        failed: Optional[Step] = None
        for step in chosen:
            complaint = self._run_one(step)
            if complaint:
                failed = step
                break
            passed += 1
        skipped = len(left_out) + len(chosen) - passed - (1 if failed else 0)
        if left_out:
            self._terminal.line(f"left out, as asked: {', '.join(left_out)}")
        if failed is not None:
            self._terminal.line(f"failed: {failed.name}; alone: scripts/test --only {failed.name}")
        self._terminal.line(
            f"{passed} passed, {1 if failed else 0} failed" + (f", {skipped} skipped" if skipped else "")
        )
        return 1 if failed else 0

    def _run_one(self, step: Step) -> str:
        log = LOGS / f"{step.name}.log"
        log.unlink(missing_ok=True)
        self._terminal.doing(step.name)
        began = time.monotonic()
        complaint = self._execute(step, log)
        text = log.read_text(errors="replace")
        if not complaint and step.check is not None:
            complaint = step.check(text)
        took = time.monotonic() - began
        last = (last_lines(log, 1) or [""])[0].strip()[:90]
        word = "FAIL" if complaint else "PASS"
        self._terminal.stamped(f"{step.name:<14} {took:6.1f} s   {word}   {complaint or last}")
        if complaint:
            self._terminal.details(telling_lines(text))
            self._terminal.line(f"  all of its output: {os.path.relpath(log)}")
        else:
            lines = text.rstrip().splitlines()
            skips = [line for line in lines if line.startswith("skipped: ")]
            self._terminal.details(lines if step.shown else skips)
        return complaint

    def _execute(self, step: Step, log: Path) -> str:
        """"" or what went wrong. The step and whatever it started are gone afterwards."""
        environment = {**os.environ, **step.environment}
        until = time.monotonic() + step.minutes * 60
        command = [str(ROOT / step.command[0]) if "/" in step.command[0] else step.command[0]]
        command += step.command[1:]
        with self._interrupts.held():
            process = ChildProcess(command, log, environment, directory=ROOT)
        try:
            while process.exit_status is None and time.monotonic() < until:
                process.wait(0.5)
                self._terminal.progress((last_lines(log, 1) or [""])[0].strip())
            if process.exit_status is None:
                return f"not done after {step.minutes:g} minutes"
            return f"exit code {process.exit_status}" if process.exit_status != 0 else ""
        finally:
            process.end(grace=10)


def main(arguments: List[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/test", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soak", action="store_true", help="the long runs too")
    parser.add_argument("--only", metavar="A,B", help="these steps alone")
    parser.add_argument("--without", metavar="A,B", help="all but these steps")
    parser.add_argument("--list", action="store_true", help="name the steps and their commands")
    options = parser.parse_args(arguments)
    chosen = steps(options.soak)
    names = [step.name for step in chosen]
    only, without = ([name for name in (text or "").split(",") if name]
                     for text in (options.only, options.without))
    unknown = [name for name in only + without if name not in names]
    if unknown:
        parser.error(f"there is no step '{unknown[0]}'; scripts/test --list names them")
    left_out = [name for name in names if name in without and (not only or name in only)]
    chosen = [step for step in chosen
              if step.name not in without and (not only or step.name in only)]
    terminal = Terminal()
    if options.list:
        for step in chosen:
            terminal.line(f"{step.name:<16} {' '.join(step.command)}")
        return 0
    interrupts = Interrupts()
    try:
        return Suite(terminal, interrupts).run(chosen, left_out)
    except Interrupted as interrupted:
        terminal.line(f"ended by {interrupted}")
        return interrupted.exit_status

