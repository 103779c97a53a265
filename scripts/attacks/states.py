"""Attacks on the states that members publish: in another's name, and by number."""

import time
from typing import Dict

from wire.items import State, state_entries
from wire.keys import Identity, state_root, state_text

from .attack import MEMBER, Outcome, attack
from .keyed import target_nid
from .postures import Member
from .target import Target
from .voices import as_it_is_now, most_failures

FLOOD = 600


def publish(
    signer: Identity, cid: bytes, nid: bytes, process: bytes, version: int, values: Dict[bytes, bytes]
) -> State:
    """A whole state, signed by any identity."""
    entries = tuple(sorted(values.items()))
    root = state_root(state_entries(entries))
    return State(nid, process, version, root, signer.sign(state_text(cid, nid, process, version, root)),
                 0, entries)


def held(target: Target, observer: str, name: str) -> Dict[str, object]:
    """The values that a node holds of another one."""
    rows = [row for row in target.ask(observer, "state")["members"] if row["member"] == name]
    return rows[0]["values"] if rows else {}


def set_value(target: Target, name: str, key: str, value: str) -> None:
    done = target.run("state", "set", key, value, "--agent", name, "--data-root-dir", str(target.data))
    if done.returncode != 0:
        raise OSError(done.stderr.strip())


@attack("state-in-anothers-name", MEMBER, "publishing newer states in the name of another member")
def state_in_anothers_name(target: Target) -> Outcome:
    member = Member(target, "forger").enter()
    try:
        set_value(target, "n3", "role", "db")
        if not target.wait(lambda: all(held(target, one, "n3") == {"role": "db"} for one in target.names), 10):
            raise OSError("the state of n3 did not arrive")
        before = {one: target.refused(one, "rule-badSignature") for one in target.names}
        about = as_it_is_now(target, member, "n3")
        for version in range(2, 8):
            member.gossip(publish(
                member.identity, member.secrets.cid, target_nid(about), member.bid_of("n3"), version,
                {b"role": b"forged"}))
            time.sleep(0.2)
        member.until_read()
        refusing = [one for one in target.names if target.refused(one, "rule-badSignature") > before[one]]
        true = [one for one in target.names if held(target, one, "n3") == {"role": "db"}]
        return Outcome(true == target.names and refusing == target.names,
                       f"{len(true)} of 5 nodes hold what n3 published; {len(refusing)} counted a false"
                       " signature")
    finally:
        member.leave()


@attack("state-flood", MEMBER, f"publishing {FLOOD} versions of its state as quickly as it can")
def state_flood(target: Target) -> Outcome:
    member = Member(target, "flooder").enter()
    try:
        for version in range(1, FLOOD + 1):
            member.gossip(publish(
                member.identity, member.secrets.cid, member.identity.nid, member.boot.bid, version,
                {b"v": version.to_bytes(4, "big") * 100}))
        member.until_read()
        limited = [one for one in target.names if target.refused(one, "rule-stateRate", "rule-tooManyChecks")]
        since = most_failures(target, "n4")
        began = time.monotonic()
        set_value(target, "n3", "role", "after the flood")
        arrived = target.wait(lambda: all(
            held(target, one, "n3") == {"role": "after the flood"} for one in target.names), 10)
        took = time.monotonic() - began
        target.kill("n4")
        dead = target.wait(lambda: target.all_say("n4", "dead"), 20)
        target.restart("n4")
        back = target.wait(lambda: target.all_say("n4", "alive"), 20)
        return Outcome(limited == target.names and arrived and dead and back
                       and most_failures(target, "n4") > since,
                       f"{len(limited)} of 5 nodes put a limit to it; a value of n3 reaches all within"
                       f" {took:.1f} s; a kill is found", "each version costs every node the check of a signature")
    finally:
        member.leave()
