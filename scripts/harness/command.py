"""The command line of scripts/local-cluster."""

import argparse
import json
import os
import random
import sys
from pathlib import Path
from typing import List, Optional

from .suite.build import OUT, PREVIOUS_COMMIT, BuildFailed
from .chaos.command import chaos
from .compare.command import compare
from .nodes.control import ControlError
from .suite.install import install
from .run.interrupt import Interrupted, Interrupts, OutOfTime
from .run.lasting import down, say_how_to_talk, up_with_panes
from .run.options import (
    MOST_DEBUG_NODES, Parser, add_common, build_kind, chosen_binary, commit, old_binary, seconds, whole,
)
from .page.command import report
from .scenarios import BY_NAME, FIRST, plan
from .run.session import session
from .suite.terminal import Terminal
from .run.tmux import TmuxFailed
from .run.workspace import WorkspaceInUse

DESCRIPTION = """\
Starts real Iridium nodes on this machine, breaks them, and checks what the others notice.

  scripts/local-cluster                 build, start 5 nodes, play all scenarios
  scripts/local-cluster test --nodes 32 --scenario kill,leave --seed 7
  scripts/local-cluster --scenario upgrade --old-commit    from the previous version to this one
  scripts/local-cluster chaos --minutes 10 --seed 3     random faults; chaos --help
  scripts/local-cluster compare         the same figures of serf and kinship; bench: of Iridium alone
  scripts/local-cluster report out/run-7          a page of this run; report diff A B: of two
  scripts/local-cluster up --nodes 3    leave a cluster running; up --tmux: as REPLs in tmux panes
  scripts/local-cluster down            end that cluster

The first word decides: scripts/local-cluster chaos --help, compare --help and report --help have their options;
the options below are for test, up and down.
"""

# Each is the first word, and has its own options.
OTHER_ACTIONS = ("chaos", "compare", "bench", "report")

EPILOG = """\
Logs and reports: out/run-<seed>/. The seed decides the victims, the order and the moments; the same
seed plays the same run again. Exit codes: 0 all passed, 1 a scenario failed, 64 usage, 69 something
is missing or does not build, 75 out of time.
"""


def parse(arguments: List[str]) -> argparse.Namespace:
    """Throws SystemExit(64) with a message for what makes no sense."""
    parser = Parser(
        prog="scripts/local-cluster", description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "action", nargs="?", default="test", choices=["test", "up", "down", *OTHER_ACTIONS], metavar="ACTION",
        help=f"test (the default), up, down; or as the first word {', '.join(OTHER_ACTIONS)}",
    )
    parser.add_argument("--nodes", type=whole(1, 256), default=5, metavar="N", help="default 5")
    parser.add_argument(
        "--scenario", type=_scenarios, default=[], metavar="A,B",
        help=f"of {', '.join(BY_NAME)}; default: the quick ones. form and quiet are always played",
    )
    parser.add_argument(
        "--all", action="store_true", help="all scenarios, including those that take long"
    )
    add_common(parser)
    old = parser.add_mutually_exclusive_group()
    old.add_argument(
        "--old-binary", type=Path, metavar="PATH", help="a program of an earlier version, for the scenario upgrade"
    )
    old.add_argument(
        "--old-commit", type=commit, nargs="?", const=PREVIOUS_COMMIT, metavar="COMMIT",
        help=f"build that program from a commit, default {PREVIOUS_COMMIT} (0.1.0); the first time this takes minutes",
    )
    parser.add_argument("--keep", action="store_true", help="leave the cluster running at the end")
    parser.add_argument("--tmux", action="store_true", help="REPLs in tmux panes instead of agents")
    parser.add_argument("--json", action="store_true", help="the report on standard output")
    parser.add_argument(
        "--idle-window", type=seconds, default=10.0, metavar="S",
        help="how long to measure idle nodes; default 10 s",
    )
    parser.add_argument(
        "--timeout", type=seconds, default=900.0, metavar="S",
        help="for the run without the build; default 900 s",
    )
    options = parser.parse_args(arguments)
    if options.action in OTHER_ACTIONS:
        parser.error(f"{options.action} must be the first word: scripts/local-cluster {options.action} ...")
    if options.tmux and options.scenario:
        parser.error("--tmux opens REPLs for a person to try; scenarios need agents")
    if options.configuration is None and _is_quick(options):
        options.configuration = "debug"
    return options


def _is_quick(options: argparse.Namespace) -> bool:
    """Whether verdicts are asked for that the debug build gives as well, and sooner."""
    quick = not options.all and all(BY_NAME[name].quick for name in options.scenario)
    return options.action == "test" and quick and options.nodes <= MOST_DEBUG_NODES


def _scenarios(text: str) -> List[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"there is no scenario '{unknown[0]}' (there are {', '.join(BY_NAME)})"
        )
    return names


def main(arguments: List[str]) -> int:
    """The exit status."""
    interrupts = Interrupts()
    terminal = Terminal(sys.stderr if "--json" in arguments else sys.stdout)
    try:
        if arguments[:1] == ["chaos"]:
            return chaos(arguments[1:], interrupts)
        if arguments[:1] == ["report"]:
            return report(arguments[1:])
        if arguments[:1] in (["compare"], ["bench"]):
            return compare(arguments[0], arguments[1:], interrupts)
        options = parse(arguments)
        if options.action == "down":
            return down(OUT, options.seed, terminal)
        seed = random.SystemRandom().randrange(1, 100_000) if options.seed is None else options.seed
        if options.install:
            install(["ip", "nft", "faketime"], terminal.line)
        binary = chosen_binary(options, interrupts, terminal)
        if options.tmux:
            return up_with_panes(options, OUT, seed, binary, terminal, interrupts)
        old = old_binary(options, interrupts, terminal)
        return _with_agents(options, seed, binary, old, terminal, interrupts)
    except BuildFailed as failure:
        terminal.line(f"FAIL build: {failure}")
        return 69
    except BrokenPipeError:
        # The reader of our lines has gone, as in `local-cluster | head`; so have the nodes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (WorkspaceInUse, TmuxFailed, ControlError, OSError) as refusal:
        terminal.line(f"local-cluster: {refusal}")
        return 69
    except OutOfTime:
        terminal.line("FAIL: out of time (--timeout)")
        return 75
    except Interrupted as interrupted:
        terminal.line(f"ended by {interrupted}; everything that was started is gone")
        return interrupted.exit_status
    finally:
        interrupts.ignore()


def _with_agents(
    options: argparse.Namespace,
    seed: int,
    binary: Path,
    old: Optional[Path],
    terminal: Terminal,
    interrupts: Interrupts,
) -> int:
    stays = options.keep or options.action == "up"
    facts = {
        "action": options.action, "seed": seed, "nodes": options.nodes, "profile": options.profile, "lifelines": options.lifelines,
        "build": build_kind(options), "version": None,
    }
    with session(
        binary, interrupts, terminal, facts, stays, options.network == "auto", options.idle_window,
        old_binary=old,
    ) as made:
        run = made.run
        interrupts.set_timeout(options.timeout)
        first_only = options.action == "up"
        run.play([FIRST] if first_only else plan(options.scenario, seed, options.all))
        interrupts.set_timeout(0)
        written = run.write_report()
        terminal.line(f"{run.summary()} · report {made.place}/report.html")
        if options.json:
            sys.stdout.write(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
        if not run.passed:
            terminal.line(f"  Keep it: --keep; replay: --seed {seed}")
            made.workspace.keep_data()
        if options.keep or (stays and run.passed):
            with interrupts.held():
                made.leave_running()
            say_how_to_talk(made.cluster, binary, terminal, seed)
        return 0 if run.passed else 1
