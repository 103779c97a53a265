"""The results of a run for machines: report.json and junit.xml."""

import datetime
import json
import os
import platform
from pathlib import Path
from typing import Any, Dict, List, Optional
from xml.etree import ElementTree

from ..nodes.timeline import Timeline
from ..run.verdict import Spread, Verdict, failed_verdicts, milliseconds

SCHEMA = "iridium.local-cluster/1"


def machine(load: Optional[float]) -> Dict[str, Any]:
    """Where it ran; `load` is the load average before the first node was started."""
    return {
        "cores": os.cpu_count(),
        "load_1m": load,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def load_average() -> Optional[float]:
    """Over the last minute; None where the system does not tell."""
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def detection(verdicts: List[Verdict]) -> Spread:
    """How long each observer took for each death of the run."""
    values: List[float] = []
    for verdict in verdicts:
        values += [value / 1000 for value in verdict.measurements.get("detection_ms", [])]
    return Spread(values)


def idle_bytes_per_second(verdicts: List[Verdict]) -> Optional[float]:
    """Of the median node, with headers; None if it was not measured."""
    for verdict in verdicts:
        if verdict.scenario == "idle" and "median" in verdict.measurements:
            return verdict.measurements["median"]["udp_sent_wire_bytes_per_s"]
    return None


def compose(
    settings: Dict[str, Any],
    verdicts: List[Verdict],
    timeline: Timeline,
    faults: list,
    began: float,
    machine_facts: Dict[str, Any],
    samples: Dict[str, Any],
) -> Dict[str, Any]:
    """The report as a value. All times in it count from the start of the run."""
    failed = failed_verdicts(verdicts)
    return {
        "schema": SCHEMA,
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
        **settings,
        "machine": machine_facts,
        "passed": not failed,
        "counts": {
            "passed": sum(verdict.passed for verdict in verdicts),
            "failed": len(failed),
            "skipped": sum(verdict.skipped for verdict in verdicts),
        },
        "detection": detection(verdicts).as_json(),
        "verdicts": [_verdict(verdict) for verdict in verdicts],
        "faults": [
            {"at_ms": milliseconds(at - began), "node": node, "what": what}
            for at, node, what in faults
        ],
        "events": [
            {
                "at_ms": milliseconds(event.at - began),
                "observer": event.observer,
                "member": event.member,
                "id": event.id or None,
                "event": event.kind,
                "incarnation": event.incarnation,
                "why": event.why or None,
            }
            for event in timeline.events(0.0)
        ],
        "samples": samples,
    }


def _verdict(verdict: Verdict) -> Dict[str, Any]:
    return {
        "scenario": verdict.scenario,
        "title": verdict.title,
        "verdict": verdict.word,
        "outcome": verdict.outcome,
        "took_ms": milliseconds(verdict.seconds),
        "limit_ms": milliseconds(verdict.limit),
        "note": verdict.note or None,
        "complaint": verdict.complaint or None,
        "blamed": verdict.blamed,
        "measurements": verdict.measurements,
    }


def write(directory: Path, report: Dict[str, Any], logs: Dict[str, List[str]]) -> None:
    """`logs`: the last lines of the blamed nodes, for the reader of a failed JUnit case."""
    text = json.dumps(report, indent=2, ensure_ascii=False)
    (directory / "report.json").write_text(text + "\n")
    junit(report, logs).write(directory / "junit.xml", encoding="utf-8", xml_declaration=True)


def junit(report: Dict[str, Any], logs: Dict[str, List[str]]) -> ElementTree.ElementTree:
    """One case a verdict."""
    verdicts = report["verdicts"]
    suite = ElementTree.Element(
        "testsuite",
        name="local-cluster",
        tests=str(len(verdicts)),
        failures=str(report["counts"]["failed"]),
        skipped=str(report["counts"]["skipped"]),
    )
    for verdict in verdicts:
        case = ElementTree.SubElement(
            suite, "testcase", classname="local-cluster", name=verdict["title"],
            time=f"{(verdict['took_ms'] or 0) / 1000:.3f}",
        )
        if verdict["verdict"] == "FAIL":
            failure = ElementTree.SubElement(
                case, "failure", message=_printable(verdict["complaint"] or verdict["outcome"])
            )
            failure.text = _printable("\n".join(logs.get(verdict["blamed"] or "", [])))
        elif verdict["verdict"] == "SKIP":
            ElementTree.SubElement(case, "skipped", message=_printable(verdict["outcome"]))
    return ElementTree.ElementTree(suite)


def _printable(text: str) -> str:
    """XML has no way to say most control characters; a log may contain any."""
    return "".join(c if c in "\n\t" or ord(c) >= 0x20 else "?" for c in text)
