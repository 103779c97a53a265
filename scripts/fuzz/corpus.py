"""Between the corpus in the repository (a line in hexadecimal for each input) and the folders that
libFuzzer wants: `corpus.py unpack TARGET`, `corpus.py pack TARGET`."""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "out" / "fuzz" / "wire"
# The limit of one target in the repository, in hexadecimal digits.
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
    inputs = [content for content in inputs if content]
    digits = sum(2 * len(content) + 1 for content in inputs)
    # Where there are too many, every second, third ... of them: small ones alone would not go deep.
    step = -(-digits // MOST_DIGITS) or 1
    lines = [content.hex() for content in inputs[::step]]
    digits = sum(len(line) + 1 for line in lines)
    corpus(target).write_text("\n".join(lines) + "\n")
    print(f"{target}: {len(lines)} of {len(inputs)} inputs kept, {digits} digits")


if __name__ == "__main__":
    {"unpack": unpack, "pack": pack}[sys.argv[1]](sys.argv[2])
