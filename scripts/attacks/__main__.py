"""A hostile node against five real ones.

  scripts/mallory list                    the attacks, by the attacker
  scripts/mallory all [--quick]           starts a cluster, tries all of them, prints the results
  scripts/mallory NAME...                 tries these
"""

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import List

from harness.suite.build import BuildFailed, build

from . import (  # noqa: F401  (they fill the list)
    outside, captured, doors, machine, prompt, keyed, tables, rotation, stale, voices, ghosts, load,
    addresses, within, times, lifelines, states, crowds, places)
from .attack import ATTACKS, Attack, Skipped, chosen
from .target import Target


def show_list() -> int:
    posture = ""
    for one in ATTACKS.values():
        if one.posture != posture:
            posture = one.posture
            print(f"{posture}:")
        marks = ("" if one.is_quick else "  (slow)") + ("  (known gap)" if one.is_known_gap else "")
        print(f"  {one.name:<24} {one.tries}{marks}")
    return 0


def play(attacks: List[Attack], binary: Path) -> int:
    """The exit status: 0 if every one held, but for the known gaps."""
    target = Target(binary)
    counts = {"HELD": 0, "OPEN": 0, "LOST": 0, "SKIP": 0}
    try:
        target.start()
        print(f"5 nodes on 127.0.0.1, mallory beside them; {len(attacks)} attacks")
        for one in attacks:
            began = time.monotonic()
            word, text = _try(one, target)
            counts[word] += 1
            print(f"{word}  {one.name:<24} {one.posture:<12} {time.monotonic() - began:5.1f} s  {text}",
                  flush=True)
            if not target.wait(target.is_whole, 20):
                print("LOST  the cluster is not whole any more")
                for name in target.names:
                    print(f"      {name}: {target.processes[name].exit_status}")
                return 1
    finally:
        target.close()
    print(f"{counts['HELD']} held, {counts['OPEN']} known to be open, {counts['LOST']} lost,"
          f" {counts['SKIP']} skipped")
    return 1 if counts["LOST"] else 0


def _try(one: Attack, target: Target) -> tuple:
    try:
        outcome = one.run(target)
    except Skipped as skip:
        return "SKIP", str(skip)
    except Exception as error:  # pylint: disable=broad-except
        # Whatever goes wrong in an attack must not read as "held".
        return "LOST", f"the attack itself failed: {type(error).__name__}: {error}"
    text = outcome.happened + (f"  [undefended: {one.undefended}]" if one.undefended else "") + (
        f"  [remains: {outcome.remains}]" if outcome.remains else "")
    if outcome.held:
        return "HELD", text + ("  (marked as a known gap: the mark can go)" if one.is_known_gap else "")
    return ("OPEN" if one.is_known_gap else "LOST"), text


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/mallory", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", metavar="list|all|NAME")
    parser.add_argument("--quick", action="store_true", help="without those that take long")
    parser.add_argument("--binary", type=Path, help="a program that is built already")
    parser.add_argument("--debug", action="store_true", help="build for debugging")
    options = parser.parse_args(arguments)
    if options.what == ["list"]:
        return show_list()
    names = [] if options.what == ["all"] else options.what
    unknown = [name for name in names if name not in ATTACKS]
    if unknown:
        parser.error(f"there is no attack '{unknown[0]}'; scripts/mallory list names them")
    binary = options.binary
    if binary is None:
        try:
            binary = build(options.debug, contextlib.nullcontext, lambda text: None)
        except BuildFailed as failure:
            print(failure, file=sys.stderr)
            return 69
    return play(chosen(names, options.quick), binary)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
