"""Of a long output, the lines that tell why it failed.

A test runner says what failed once, in the middle of hundreds of lines about what passed; a compiler
says it before everything that went on elsewhere. The end of the output alone tells neither.
"""

import re
from typing import List, Set

# The form of a failure in the output that we read: Swift Testing, the compiler, a Swift program that traps,
# unittest, and our own scenarios.
_TELLING = re.compile(
    r"✘|recorded an issue|\berror:|^Fatal error|^\*\*\* |^(FAIL|ERROR): |\s{2}FAIL(\s{2}|$)|^FAIL "
)
_STARTED = re.compile(r"^\S+ Test (?!case passing )(.+) started\.$")
_ENDED = re.compile(r"^\S+ Test (.+?)(?: with \d+ test cases?)? (?:passed after|failed after|skipped)\b")
_RUN_ENDED = re.compile(r"^\S+ Test run with \d+ tests? ")

LINES_AFTER = 2
MOST_TELLING = 80
TAIL = 20
# More tests than this at work at once is not news but the runner's way of beginning.
_MOST_UNFINISHED = 12


def telling_lines(output: str) -> List[str]:
    """The lines that tell the failure with two after each, then the tests that never ended, then the
    tail; `…` stands where lines were left out."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    kept: Set[int] = set()
    for number, line in enumerate(lines):
        if _TELLING.search(line):
            kept.update(range(number, min(number + 1 + LINES_AFTER, len(lines))))
        if len(kept) >= MOST_TELLING:
            break
    tail_begins = max(0, len(lines) - TAIL)
    shown: List[str] = []
    before = -1
    for number in sorted(kept | set(range(tail_begins, len(lines)))):
        if number == tail_begins:
            shown += _unfinished(lines)
        if number != before + 1:
            shown.append("…")
        shown.append(lines[number])
        before = number
    return shown


def _unfinished(lines: List[str]) -> List[str]:
    """Tests that began and did not end: where a crash or a wait without end took place."""
    at_work: List[str] = []
    if any(_RUN_ENDED.match(line) for line in lines):
        return []
    for line in lines:
        if started := _STARTED.match(line):
            at_work.append(started.group(1))
        elif (ended := _ENDED.match(line)) and ended.group(1) in at_work:
            at_work.remove(ended.group(1))
    if not 0 < len(at_work) <= _MOST_UNFINISHED:
        return [f"{len(at_work)} tests had begun and not ended"] if at_work else []
    return [f"had begun and not ended: {name}" for name in at_work]
