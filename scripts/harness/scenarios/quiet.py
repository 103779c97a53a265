"""No node is touched: no member may be suspected, and in the end all views are equal."""

from typing import Iterator

from ..run.stage import Stage
from ..run.verdict import Verdict, name_list
from .judging import burial_complaint


def quiet(stage: Stage) -> Iterator[Verdict]:
    """Watches for a few seconds, then asks every node for its view."""
    window = stage.settings.quiet_window
    since = stage.now()
    stage.watch(window, lambda: "watching")
    suspected = stage.wrongly_suspected(since)
    wrong = stage.wrongly_failed(since)
    complaint, blamed = "", None
    if wrong:
        complaint, blamed = burial_complaint(wrong)
    elif suspected:
        first = stage.timeline.events(since, ["suspected"])[0]
        complaint = f"{name_list(suspected)} suspected while nothing was done ({first.why or 'no reason'})"
        blamed = first.observer
    elif stage.disagreeing():
        blamed = stage.disagreeing()[0]
        complaint = f"{blamed} does not list all nodes as alive"
    else:
        complaint = stage.wait_until_views_equal(stage.limits.views_equal)
    yield Verdict(
        scenario="quiet",
        title=f"quiet {window:g} s",
        outcome=f"false suspicions {len(suspected)}, false deaths {len(wrong)}",
        passed=not complaint,
        complaint=complaint,
        blamed=blamed,
        measurements={"false_suspicions": suspected, "false_deaths": wrong},
    )
