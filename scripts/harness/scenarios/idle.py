"""The cost of a node while nothing happens: memory, processor time, datagrams and bytes."""

from typing import Iterator, Optional

from ..nodes.measure import medians
from ..run.stage import Stage
from ..run.verdict import Verdict

# After this time the rumors of the last disturbance have ended.
SETTLE_SECONDS = 2.0


def idle(stage: Stage) -> Iterator[Verdict]:
    """The verdict shows medians over the nodes; the limits apply to the means, and catch growth without bound."""
    stage.watch(SETTLE_SECONDS, lambda: "settling")
    window = stage.settings.idle_window
    nodes = stage.measure(window)
    middle = medians(nodes)
    sent = sum(node.wire_bytes_per_second for node in nodes) / len(nodes)
    sizes = [node.resident_mebibytes for node in nodes if node.resident_mebibytes is not None]
    resident = sum(sizes) / len(sizes) if sizes else None
    complaint = ""
    if sent > stage.limits.idle_bytes_per_second:
        complaint = f"an idle node sends {sent:.0f} B/s, limit {stage.limits.idle_bytes_per_second:g}"
    elif resident is not None and resident > stage.limits.idle_resident_mebibytes:
        most = stage.limits.idle_resident_mebibytes
        complaint = f"an idle node occupies {resident:.1f} MiB, limit {most:g}"
    yield Verdict(
        scenario="idle",
        title=f"idle {window:g} s",
        outcome=(
            f"RSS {_figure(middle['rss_mib'], 1)} MiB, "
            f"CPU {_figure(middle['cpu_s_per_minute'], 3)} s/min, "
            f"{_figure(middle['udp_sent_datagrams_per_s'], 1)} datagrams/s"
        ),
        passed=not complaint,
        note=f"{_figure(middle['udp_sent_wire_bytes_per_s'], 0)} B/s per node with headers"
        + ("; CPU and memory of a debug build" if stage.settings.build == "debug" else ""),
        complaint=complaint,
        measurements={"median": middle, "nodes": [node.as_json() for node in nodes]},
    )


def _figure(value: Optional[float], digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
