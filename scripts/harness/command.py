"""The command line of scripts/local-cluster."""

import argparse
import contextlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any, Dict, List

from .build import OUT, BuildFailed, build, prepare
from .cluster import Cluster
from .control import ControlError
from .interrupt import Interrupted, Interrupts, OutOfTime
from .lasting import down, say_how_to_talk, up_with_panes
from .limits import LIMITS
from .network import make_network
from .run import Run
from .scenarios import BY_NAME, FIRST, plan
from .stage import Settings, Stage
from .terminal import Terminal
from .timeline import Timeline
from .tmux import TmuxFailed
from .verdict import counted
from .workspace import Workspace, WorkspaceInUse

DESCRIPTION = """\
Starts real Iridium nodes on this machine, breaks them, and judges what the others make of it.

  scripts/local-cluster                 build, start 5 nodes, play all scenarios
  scripts/local-cluster test --nodes 32 --scenario kill,leave --seed 7
  scripts/local-cluster up --nodes 3    leave a cluster running; up --tmux: as REPLs in tmux panes
  scripts/local-cluster down            end it
"""

EPILOG = """\
Logs and reports: out/run-<seed>/. The seed decides the victims, the order and the moments; the same
seed plays the same run again. Exit codes: 0 all passed, 1 a scenario failed, 64 usage, 69 something
is missing or does not build, 75 out of time.
"""


def parse(arguments: List[str]) -> argparse.Namespace:
    """Throws SystemExit(64) with a message for what makes no sense."""
    parser = _Parser(
        prog="scripts/local-cluster", description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", nargs="?", default="test", choices=["test", "up", "down"])
    parser.add_argument("--nodes", type=_whole(1, 256), default=5, metavar="N", help="default 5")
    parser.add_argument(
        "--scenario", type=_scenarios, default=[], metavar="A,B",
        help=f"of {', '.join(BY_NAME)}; default: the quick ones. form and quiet are always played",
    )
    parser.add_argument(
        "--all", action="store_true", help="all scenarios, also those that take their time"
    )
    parser.add_argument(
        "--network", choices=["auto", "loopback"], default="auto",
        help="auto: network namespaces where they can be made, so that the network can be broken",
    )
    parser.add_argument("--seed", type=_whole(0, 2**31), metavar="K", help="default: a random one")
    parser.add_argument("--profile", choices=sorted(LIMITS), default="lan", help="default lan")
    parser.add_argument("--debug", action="store_true", help="build and run the debug binary")
    parser.add_argument("--binary", type=Path, metavar="PATH", help="build nothing, run this")
    parser.add_argument("--keep", action="store_true", help="leave the cluster running at the end")
    parser.add_argument("--tmux", action="store_true", help="REPLs in tmux panes instead of agents")
    parser.add_argument("--json", action="store_true", help="the report on standard output")
    parser.add_argument(
        "--idle-window", type=_seconds, default=10.0, metavar="S",
        help="measure idle nodes for so long; default 10 s",
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=900.0, metavar="S",
        help="for the run without the build; default 900 s",
    )
    options = parser.parse_args(arguments)
    if options.tmux and options.scenario:
        parser.error("--tmux opens REPLs for a person to try; scenarios need agents")
    return options


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        sys.stderr.write(f"local-cluster: {message}\n  try: scripts/local-cluster --help\n")
        raise SystemExit(64)


def _whole(least: int, most: int) -> Any:
    def parse_whole(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    parse_whole.__name__ = "whole number"
    return parse_whole


def _seconds(text: str) -> float:
    value = float(text[:-1] if text.endswith("s") else text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 86400 seconds")
    return value


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
    options = parse(arguments)
    interrupts = Interrupts()
    terminal = Terminal(sys.stderr if options.json else sys.stdout)
    try:
        if options.action == "down":
            return down(OUT, options.seed, terminal)
        seed = random.SystemRandom().randrange(1, 100_000) if options.seed is None else options.seed
        binary = _binary(options, interrupts, terminal)
        if options.tmux:
            return up_with_panes(options, OUT, seed, binary, terminal, interrupts)
        return _with_agents(options, seed, binary, terminal, interrupts)
    except BuildFailed as failure:
        terminal.line(f"FAIL build: {failure}")
        return 69
    except BrokenPipeError:
        # Whoever read our lines has gone, as in `local-cluster | head`; so have the nodes.
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


def _binary(options: argparse.Namespace, interrupts: Interrupts, terminal: Terminal) -> Path:
    if options.binary is not None:
        if not os.access(options.binary, os.X_OK):
            raise BuildFailed(f"cannot run {options.binary}")
        return Path(os.path.abspath(options.binary))
    terminal.doing("setup")
    terminal.stamped(prepare(interrupts.held, terminal.progress))
    terminal.doing("build")
    terminal.stamped(
        f"building iridium ({'debug' if options.debug else 'release'}); "
        "the first time this takes a few minutes"
    )
    return build(options.debug, interrupts.held, terminal.progress)


def _with_agents(
    options: argparse.Namespace,
    seed: int,
    binary: Path,
    terminal: Terminal,
    interrupts: Interrupts,
) -> int:
    stays = options.keep or options.action == "up"
    network_wanted = options.network == "auto" and not stays
    timeline = Timeline()
    left_running = False
    with contextlib.ExitStack() as cleaning:
        with interrupts.held():
            workspace = Workspace(OUT, seed)
            cleaning.callback(lambda: None if left_running else workspace.remove_data())
            network = make_network(network_wanted, seed)
            cleaning.callback(lambda: None if left_running else network.close())
        cluster = Cluster(
            binary, workspace, timeline, network, seed, options.nodes, options.profile, stays,
            interrupts.held,
        )
        cleaning.callback(cluster.stop_following)
        cleaning.callback(lambda: None if left_running else cluster.end_processes())
        cleaning.callback(interrupts.ignore)
        settings = Settings(seed, options.profile, idle_window=options.idle_window)
        stage = Stage(
            cluster, timeline, cluster.control, LIMITS[options.profile], settings, terminal.progress
        )
        run = Run(stage, cluster, terminal, _facts(options, seed))
        interrupts.set_timeout(options.timeout)
        terminal.restart_clock()
        place = os.path.relpath(workspace.directory)
        terminal.stamped(
            f"build ok · {counted(options.nodes, 'node')} on {cluster.ports_text} · logs {place}/ · seed {seed}"
        )
        cluster.make_key()
        run.play([FIRST] if options.action == "up" else plan(options.scenario, seed, options.all))
        interrupts.set_timeout(0)
        made = run.write_report()
        terminal.line(f"{run.summary()} · report {place}/report.json")
        if options.json:
            sys.stdout.write(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
        if not run.passed:
            terminal.line(f"  Keep it: --keep; replay: --seed {seed}")
            workspace.keep_data()
        if options.keep or (stays and run.passed):
            with interrupts.held():
                cluster.leave_running()
                left_running = True
            say_how_to_talk(cluster, binary, terminal, seed)
        return 0 if run.passed else 1


def _facts(options: argparse.Namespace, seed: int) -> Dict[str, Any]:
    """What the report says of the run besides its verdicts."""
    build_kind = "given" if options.binary else "debug" if options.debug else "release"
    return {
        "seed": seed, "nodes": options.nodes, "profile": options.profile, "build": build_kind,
        "version": None,
    }
