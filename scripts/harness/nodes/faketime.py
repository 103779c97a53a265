"""A separate clock for one process, by libfaketime (the package faketime)."""

from pathlib import Path
from typing import Dict, List, Optional

_LIBRARIES = "usr/lib/*/faketime/libfaketime.so.1"


class FalseClock:
    """The time of day that a process sees, by so many seconds off; the monotonic clock stays true."""

    # The library adds a variable to the environment as it starts. A Swift program whose environment has
    # moved in memory finds no arguments: they are looked for beside it. Started by `env`, which has the
    # library first and hands its environment on, it finds that variable there already.
    wrapper: List[str] = ["env"]

    def __init__(self, library: Path, offset: Path):
        self._offset = offset
        self.variables: Dict[str, str] = {
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.set("+0")

    @classmethod
    def by_file(cls, offset: Path) -> Optional["FalseClock"]:
        """None where the library is not installed. The file carries the offset."""
        found = sorted(Path("/").glob(_LIBRARIES))
        return cls(found[0], offset) if found else None

    def set(self, seconds: str) -> None:
        """At once, also in a process that runs: `+3600`, `-86400`."""
        self._offset.write_text(seconds + "\n")
