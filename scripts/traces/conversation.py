"""The order of messages on one stream: sections 5.4 and 5.7 of Specs/Wire.md, as one of its two sides.

A step is an input and what the side does then. Members are written with their incarnations; `own` is this side.
"""

from typing import Dict, List, Optional, Set, Tuple

SUPPORTED = (1, 2)


class Conversation:
    def __init__(self, trace: Dict, nids: Dict[str, int], names: Dict[str, str]) -> None:
        self._nids, self._names = nids, names
        self._members: Dict[str, Tuple[int, str]] = {"own": (1, "alive")}
        for text in trace["members"]:
            name, incarnation, *state = text.split()
            self._members[name] = (int(incarnation), state[0] if state else "alive")
        self._state = "idle"
        self._other = ""
        # The records of the other side, its own first.
        self._staged: List[Tuple[str, int, str]] = []
        self._rows: Dict[str, str] = {}
        self._wanted: Set[str] = set()
        self._took: Optional[str] = None

    def run(self, steps: List) -> List[List[str]]:
        return [self._step(text) for text, _ in steps]

    def _step(self, text: str) -> List[str]:
        kind, _, rest = text.partition(" ")
        return getattr(self, "_" + kind)(rest)

    def _by_nid(self, names) -> List[str]:
        return sorted(names, key=self._nids.__getitem__)

    def _list(self, only: Optional[Set[str]] = None) -> List[str]:
        """The living first: section 5.7."""
        order = self._by_nid(name for name, (_, state) in self._members.items() if state == "alive")
        order += self._by_nid(name for name, (_, state) in self._members.items() if state != "alive")
        chosen = [name for name in order if only is None or name in only]
        return [self._text(name) for name in chosen]

    def _text(self, name: str) -> str:
        incarnation, state = self._members[name]
        return f"{name} {incarnation}" + ("" if state == "alive" else f" {state}")

    def _violation(self) -> List[str]:
        failed = ["join fails: broken"] if self._state in ("opened join", "joining") else []
        self._state = "over"
        return ["close", *failed]

    # --- the handshake ------------------------------------------------------------------------------------------

    def _hello(self, rest: str) -> List[str]:
        purpose, _, versions = rest.partition(" versions ")
        low, high = (int(one) for one in (versions or "1-2").split("-"))
        if high < SUPPORTED[0] or low > SUPPORTED[1]:
            return ["end 3", "close"]
        self._state = f"accepted {purpose}"
        return ["helloAck"]

    def _join(self, rest: str) -> List[str]:
        """`join a 1`, and of a caller whose static key is another: `join a 1 as b`."""
        name, incarnation, *shown = rest.split()
        purpose = self._state.partition(" ")[2]
        if not self._state.startswith("accepted ") or shown and shown[1] != name:
            return self._violation()
        self._other = name
        self._staged = [(name, int(incarnation), "alive")]
        if purpose == "under a retired key":
            self._state = "over"
            return [f"answer under a retired key: {name}", "close"]
        if purpose != "join":
            self._state = {"sync": "answering", "keys": "receiving keys"}[purpose]
            return []
        stated = self._names.get(name, name)
        bearers = [one for one, (_, state) in self._members.items()
                   if state == "alive" and one != name and self._names.get(one, one) == stated]
        if bearers:
            self._state = "over"
            return [f"peers {self._text(bearers[0])}", "end 5", "close"]
        self._state = "admitting"
        return ["peers " + ", ".join(self._list()), "end 0"]

    def _open(self, rest: str) -> List[str]:
        """`open join a`: this side calls."""
        purpose, self._other = rest.split()
        self._state = f"opened {purpose}"
        return [f"hello {purpose} to {self._other}"]

    def _helloAck(self, rest: str) -> List[str]:
        name, incarnation, *shown = rest.split()
        if not self._state.startswith("opened ") or shown and shown[1] != name:
            return self._violation()
        purpose = self._state.split()[1]
        if purpose == "keys" and name != self._other:
            self._state = "over"
            return ["close", "given: failed"]
        self._other = name
        self._staged = [(name, int(incarnation), "alive")]
        self._state = {"join": "joining", "sync": "awaiting buckets", "keys": "giving keys"}[purpose]
        return {"join": ["join", "peers " + ", ".join(self._list()), "end 0"], "sync": ["join", "buckets 64"],
                "keys": ["join", "keys"]}[purpose]

    # --- records ----------------------------------------------------------------------------------------------------

    def _peers(self, rest: str) -> List[str]:
        if self._state not in ("joining", "admitting", "answering", "answering wants", "awaiting buckets",
                               "awaiting rows", "syncing"):
            return self._violation()
        for item in rest.split(", "):
            name, incarnation, *state = item.split()
            self._staged.append((name, int(incarnation), state[0] if state else "alive"))
        return []

    _delta = _peers

    def _learn(self) -> List[str]:
        done, seen = [], set()
        for name, incarnation, state in self._staged:
            if name == "own" or name in seen:
                continue
            seen.add(name)
            known = self._members.get(name)
            if known is None and state == "alive":
                done.append(f"joined {name}")
            if known is None or incarnation > known[0]:
                self._members[name] = (incarnation, state)
        return done

    # --- sync -----------------------------------------------------------------------------------------------------

    def _buckets(self, which: str) -> List[str]:
        """`buckets zero`: all of the other side are; `buckets own`: as those of this side."""
        differing = [] if which == "own" else self._by_nid(self._members)
        if self._state == "awaiting buckets":
            self._state = "awaiting rows"
            self._differing = set(differing)
            return []
        if self._state != "answering":
            return self._violation()
        self._state = "answering wants"
        return ["buckets 64", *(["ids " + ", ".join(differing)] if differing else []), "ids"]

    def _ids(self, rest: str) -> List[str]:
        """`ids b same, c other`; `ids` alone says that there are no more."""
        if self._state != "awaiting rows":
            return self._violation()
        for row in filter(None, rest.split(", ")):
            name, what = row.split()
            self._rows[name] = what
        if rest:
            return []
        self._state = "syncing"
        lacked = {name for name in self._differing if self._rows.get(name) != "same"}
        wanted = self._by_nid(name for name, what in self._rows.items() if what == "other")
        delta = self._list(lacked)
        return [*(["delta " + ", ".join(delta)] if delta else []),
                *(["want " + ", ".join(wanted)] if wanted else []), "end 0"]

    def _want(self, rest: str) -> List[str]:
        if self._state != "answering wants":
            return self._violation()
        self._wanted |= set(rest.split(", "))
        return []

    # --- keys -----------------------------------------------------------------------------------------------------

    def _keys(self, _: str) -> List[str]:
        has_place = self._state in ("receiving keys", "giving keys", "joining") and self._took is None
        if not has_place:
            return self._violation()
        self._took = "pending"
        return ["take keys"]

    def _stored(self, outcome: str) -> List[str]:
        self._took = outcome
        if self._state != "receiving keys":
            return []
        return {"same": ["keys", "end 0"], "same in memory": ["keys", "end 10"], "older": ["keys", "end 0"],
                "cannot keep": ["keys", "end 9"], "refused": ["end 6", "close"]}[outcome]

    # --- the end ------------------------------------------------------------------------------------------------

    def _end(self, code: str) -> List[str]:
        state, self._state = self._state, "over"
        if state == "giving keys":
            has_given = self._took in ("same", "same in memory")
            answer = {"9": "cannot keep", "0": "confirmed" if has_given else "declined",
                      "10": "confirmed in memory" if has_given else "declined", "8": "declined"}
            return ["end 0", "close", f"given: {answer.get(code, 'code ' + code)}"]
        if state == "joining" and code == "8" and self._took == "same":
            self._state = "opened join"
            self._took = None
            return ["close", f"hello join to {self._other}"]
        if state == "joining" and code != "0":
            holder = next((name for name, *_ in self._staged[1:] if self._names.get(name, name) == "own"), None)
            why = f"name taken by {holder}" if code == "5" and holder else f"code {code}"
            return ["close", f"join fails: {why}"]
        if code != "0":
            return ["close"]
        if state in ("answering", "answering wants"):
            wanted = self._list(self._wanted & set(self._members))
            return [*(["delta " + ", ".join(wanted)] if wanted else []), "end 0", "close", *self._learn()]
        if state == "receiving keys" and self._took is None:
            return ["end 0", "close"]
        return ["close", *self._learn()] if state in ("joining", "admitting", "syncing") else ["close"]
