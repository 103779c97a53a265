"""Attacks by statements without a running process: invented members, another member's boot key."""

import signal
import time
from typing import Callable, List, Optional

from .attack import MEMBER, Outcome, attack
from .invented import REFRESHES_A_FRAME, enter_all, invent, refute_all
from .measuring import Paced, death_noticed, in_words, seconds_until, slowest
from .postures import Member
from .target import Target


@attack("refuting-ghosts", MEMBER, "60 invented members that refute each doubt and answer nothing",
        undefended="a killed member is dead to all after 10 to 35 s, or not within 40 s; 1.2 s without ghosts")
def refuting_ghosts(target: Target) -> Outcome:
    return _refuting_ghosts(target, [])


@attack("refuting-ghosts-without-lifelines", MEMBER, "the same where a death is known by silence alone", gap=True,
        undefended="a killed member is dead to all after 10 to 35 s, or not within 40 s; 1.2 s without ghosts")
def refuting_ghosts_without_lifelines(target: Target) -> Outcome:
    return _refuting_ghosts(target, ["--no-lifelines"])


def _refuting_ghosts(target: Target, options: List[str]) -> Outcome:
    """Only n1 receives them all, one incarnation each a second: 6 kB/s."""
    with Target(target.binary, 6, options=options) as own:
        others = own.names[:5]
        usual = slowest(death_noticed(own, "n6", others, 20))
        own.start_one("n6")
        if usual is None or not own.wait(own.is_whole, 30):
            return Outcome(False, "without ghosts a killed member was not noticed, or did not come back")
        member = Member(own, "author").enter()
        ghosts = invent(own, 60)
        enter_all(member, ghosts, ["n1"])
        with refute_all(member, ghosts, 60, ["n1"]) as refuting:
            time.sleep(4)
            alive = own.status("n1")["members"]["alive"] - 7
            found = death_noticed(own, "n6", others, 40)
        member.close()
    noticed = slowest(found)
    held = noticed is not None and noticed <= 2 * max(usual, 1.2)
    missing = sum(one is None for one in found.values())
    return Outcome(held, f"{alive} of 60 count as alive, {refuting.count * REFRESHES_A_FRAME} refutations; a killed"
                         f" member is dead to all after {in_words(noticed, 40)}"
                         + (f" (unnoticed by {missing} of 5)" if missing else "")
                         + f"; {usual:.1f} s without ghosts")


@attack("boot-claim", MEMBER, "the boot key of a member that is dead for a moment, stated as one's own",
        undefended="back not within 40 s of waking; 0.1 s without the claim")
def boot_claim(target: Target) -> Outcome:
    claimer, accomplice = Member(target, "claimer").enter(), Member(target, "accomplice").enter()
    others = [name for name in target.names if name != "n4"]
    before = sum(target.refused(name, "rule-foreignBoot") for name in others)
    stolen = accomplice.record_of("n4").core.boot_key

    def claim(number: int) -> None:
        item = claimer.restate(boot_key=stolen)
        if number:
            item = claimer.refresh(claimer.incarnation)
        accomplice.gossip(item, to=others)

    try:
        usual = _back_after_a_pause(target, lambda: None)
        if usual is None or not target.wait(target.is_whole, 20):
            return Outcome(False, "n4 did not come back from a pause, without any claim")
        claims = Paced(claim, 4)
        back = _back_after_a_pause(target, lambda: (claim(0), claims.__enter__()))
        claims.__exit__()
        refused = sum(target.refused(name, "rule-foreignBoot") for name in others) - before
        return Outcome(back is not None and back <= 3 and refused > 0,
                       f"{claims.count + 1} claims, {refused} statements refused; the member is back"
                       f" {in_words(back, 15)} after waking, {usual:.1f} s without the claim")
    finally:
        claimer.gossip(claimer.restate(boot_key=claimer.boot.public))
        claimer.leave()
        accomplice.leave()


def _back_after_a_pause(target: Target, meanwhile: Callable[[], object]) -> Optional[float]:
    """n4 is stopped until it is dead to all; how long after waking it is alive to all again."""
    target.processes["n4"].signal(signal.SIGSTOP)
    try:
        if not target.wait(lambda: target.all_say("n4", "dead"), 30):
            return None
        meanwhile()
    finally:
        target.processes["n4"].signal(signal.SIGCONT)
    return seconds_until(lambda: target.all_say("n4", "alive"), 15)
