"""The cluster key is replaced while the cluster runs: no member may miss another meanwhile.

Then the same with one member that is stopped, so that it cannot confirm; and with one that is away
altogether and comes back with the key it had.
"""

import shutil
from typing import Iterator, List, Optional, Tuple

from ..nodes.control import ControlError
from ..run.stage import Stage
from ..run.verdict import Verdict, milliseconds, within
from .judging import Complaint, NONE, burial_complaint, unity_complaint

# So long a step waits for a member that is known not to answer.
SHORT_PATIENCE_SECONDS = 1
# After a rotation: time for a late verdict to show.
AFTERMATH_SECONDS = 3.0


def rotate(stage: Stage) -> Iterator[Verdict]:
    """All confirm; one is stopped; one is away."""
    yield _everybody(stage)
    yield _one_stopped(stage)
    yield _one_away(stage)


def _everybody(stage: Stage) -> Verdict:
    driver = stage.pick()
    before = stage.control.keys(driver)
    since = stage.cluster.note([driver], "rotates the key")
    took, complaint = _rotated(stage, driver)
    if not complaint[0]:
        stage.watch(AFTERMATH_SECONDS, lambda: "the key was rotated")
        complaint = _disturbance(stage, since) or _agreement(stage, before["version"])
    suspected = stage.wrongly_suspected(since)
    return _verdict(
        stage, f"rotate by {driver}", f"{_holders(stage, driver)} hold the new key", complaint, took,
        note="" if suspected else "no node suspected",
        measurements={"driver": driver, "false_suspicions": suspected},
    )


def _one_stopped(stage: Stage) -> Verdict:
    victim = stage.pick()
    driver = stage.random.choice(stage.others(victim))
    before = stage.control.keys(driver)
    since = stage.cluster.pause(victim)
    _, refusal = _rotated(stage, driver, SHORT_PATIENCE_SECONDS)
    sealing = stage.control.sealing_key(driver)
    # On a slow machine it may be dead before it is named, and is then not waited for.
    is_buried = bool(stage.heard([driver], victim, "failed", since))
    resumed = stage.cluster.resume(victim)
    stage.wait_until_all_agree(resumed, stage.limits.return_known)
    complaint = unity_complaint(stage, f"after {victim} continued")
    if victim not in refusal[0] and not is_buried:
        said = refusal[0] or "it ended well"
        complaint = (f"a rotation without {victim}'s word did not name it ({said})", driver)
    elif refusal[0] and sealing != before["keys"][0]["key"]:
        complaint = (f"{driver} seals with a key that {victim} may not have", driver)
    took = None
    if not complaint[0]:
        took, complaint = _rotated(stage, driver)
    if not complaint[0]:
        complaint = _disturbance(stage, since, [victim]) or _agreement(stage, before["version"])
    return _verdict(
        stage, f"rotate, {victim} stopped",
        f"{'dead' if is_buried else 'named'}, then {_holders(stage, driver)} hold the new key",
        complaint, took, measurements={"driver": driver, "victim": victim},
    )


def _one_away(stage: Stage) -> Verdict:
    # It has a separate key file: the rotation that it misses writes the others'.
    (guest,) = stage.cluster.invite(1)
    data = stage.cluster.workspace.data
    own_key = data / f"{guest}.key"
    shutil.copy(data / "cluster.key", own_key)
    stage.cluster.nodes[guest].options = ["--key-file", str(own_key)]
    complaint: Complaint = NONE
    took = returned = None
    try:
        started = stage.cluster.start(guest)
        if stage.wait_until_all_agree(started, stage.limits.anew_known) is None:
            complaint = unity_complaint(stage, f"after {guest} came")
        else:
            killed = stage.cluster.kill(guest)
            observers = stage.others(guest)
            dead = stage.wait_until_heard(observers, guest, "failed", killed, stage.limits.many_deaths_known)
            driver = stage.random.choice(observers)
            before = stage.control.keys(driver)
            if len(dead) < len(observers):
                complaint = (f"{guest} is not known to be dead", driver)
            else:
                took, complaint = _rotated(stage, driver)
            if not complaint[0]:
                started = stage.cluster.start(guest)
                returned = stage.wait_until_all_agree(started, stage.limits.anew_known)
                complaint = unity_complaint(stage, f"after {guest} came back with the old key")
            if not complaint[0]:
                complaint = _agreement(stage, before["version"])
    finally:
        stage.cluster.dismiss([guest])
    if not complaint[0]:
        # The next scenario begins with a cluster that knows it is gone.
        stage.wait_until_all_agree(stage.now(), stage.limits.many_deaths_known)
    return _verdict(
        stage, f"rotate, {guest} away", "came back by the old key", complaint, returned,
        limit=stage.limits.anew_known, measurements={"rotated_ms": milliseconds(took)},
    )


# --- pieces ---------------------------------------------------------------------------------------


def _rotated(
    stage: Stage, driver: str, patience: Optional[int] = None
) -> Tuple[Optional[float], Complaint]:
    """How long a rotation took; or what the command said instead."""
    began = stage.now()
    try:
        stage.control.rotate_keys(driver, patience or int(stage.limits.rotated))
    except ControlError as error:
        return None, (str(error), driver)
    return stage.now() - began, NONE


def _disturbance(stage: Stage, since: float, besides: Tuple[str, ...] = ()) -> Optional[Complaint]:
    wrong = stage.wrongly_failed(since, besides)
    if wrong:
        return burial_complaint(wrong)
    unity = unity_complaint(stage, "after a rotation")
    return unity if unity[0] else None


def _agreement(stage: Stage, version_before: int) -> Complaint:
    """Whether all hold one keyring, newer than before, with one key that seals."""
    held = {name: stage.control.keys(name) for name in stage.cluster.running()}
    first = stage.cluster.running()[0]
    for name, keyring in held.items():
        if keyring["stage"] != "settled" or keyring["version"] <= version_before:
            return f"{name} holds version {keyring['version']} of the keys, {keyring['stage']}", name
        if keyring["hash"] != held[first]["hash"]:
            return f"{name} and {first} hold different keys", name
    return NONE


def _holders(stage: Stage, driver: str) -> str:
    """`5/5`, of the running."""
    try:
        wanted = stage.control.keys(driver)["hash"]
        held: List[str] = [stage.control.keys(name)["hash"] for name in stage.cluster.running()]
    except ControlError:
        return "unknown"
    return f"{held.count(wanted)}/{len(held)}"


def _verdict(
    stage: Stage, title: str, outcome: str, complaint: Complaint, took: Optional[float],
    limit: Optional[float] = None, note: str = "", measurements: Optional[dict] = None,
) -> Verdict:
    most = stage.limits.rotated if limit is None else limit
    text, blamed = complaint
    if not text and not within(took, most):
        text = f"it took longer than {most:g} s"
    return Verdict(
        scenario="rotate", title=title, outcome=outcome, passed=not text, seconds=took, limit=most,
        note=note, complaint=text, blamed=blamed,
        measurements={"rotated_ms": milliseconds(took), **(measurements or {})},
    )
