"""Swift source as the checks of this folder read it: the code alone, without comments and strings."""

import re
from typing import List

# In this order: what opens first hides what stands inside it.
_HIDDEN = re.compile(
    r'(?P<line>//[^\n]*)|(?P<block>/\*)|(?P<raw>#+)?(?P<quote>"""|")'
)


def without_comments_and_strings(source: str) -> str:
    """The same lines with comments and string literals blanked out."""
    kept: List[str] = []
    position = 0
    while True:
        match = _HIDDEN.search(source, position)
        if match is None:
            return "".join(kept) + source[position:]
        kept.append(source[position : match.start()])
        if match["line"]:
            end = match.end()
        elif match["block"]:
            end = _end_of_block_comment(source, match.end())
        else:
            end = _end_of_string(source, match.end(), match["quote"], match["raw"] or "")
        kept.append("\n" * source.count("\n", match.start(), end))
        position = end


def _end_of_block_comment(source: str, position: int) -> int:
    depth = 1
    for match in re.finditer(r"/\*|\*/", source[position:]):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return position + match.end()
    return len(source)


def _end_of_string(source: str, position: int, quote: str, hashes: str) -> int:
    """An interpolation that contains quotes ends the literal early. The rest of it then reads as code, where an
    import at the start of a line could only be in a multi-line literal."""
    escape = re.escape("\\" + hashes)
    stop = re.escape(quote + hashes)
    for match in re.finditer(rf"{escape}.|{stop}" + ("" if quote == '"""' else r"|\n"),
                             source[position:], re.DOTALL):
        if not match.group().startswith("\\"):
            return position + match.end()
    return len(source)
