"""Between the corpus in the repository (a line in hexadecimal for each input) and the folders that
libFuzzer wants: `corpus.py unpack TARGET`, `corpus.py pack TARGET`."""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "out" / "fuzz" / "wire"
# What one target may take in the repository, in hexadecimal digits; the smallest inputs first.
MOST_DIGITS = 40_000


def corpus(target: str) -> Path:
    return ROOT / "Tests" / "FuzzCorpusTests" / "corpus" / f"{target}.txt"


def unpack(target: str) -> None:
    folder = FOUND / target
    folder.mkdir(parents=True, exist_ok=True)
    for line in corpus(target).read_text().split():
        content = bytes.fromhex(line)
        (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)


def pack(target: str) -> None:
    inputs = sorted(
        {path.read_bytes() for path in (FOUND / f"{target}-kept").iterdir()},
        key=lambda content: (len(content), content))
    lines, digits = [], 0
    for content in inputs:
        digits += 2 * len(content) + 1
        if digits > MOST_DIGITS:
            break
        if content:
            lines.append(content.hex())
    corpus(target).write_text("\n".join(lines) + "\n")
    print(f"{target}: {len(lines)} of {len(inputs)} inputs kept, {digits} digits")


if __name__ == "__main__":
    {"unpack": unpack, "pack": pack}[sys.argv[1]](sys.argv[2])
