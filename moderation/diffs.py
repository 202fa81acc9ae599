"""What changed in a post, as words taken out and put in."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from events_site.sanitizing import plain_text

# Beyond this many words a text is compared as a whole: the comparison is quadratic.
MAX_WORDS = 2_000


@dataclass(frozen=True)
class Piece:
    """Some text that stayed (`kind` is "equal"), was put in ("insert") or taken out ("delete")."""

    kind: str
    text: str


@dataclass(frozen=True)
class FieldDiff:
    name: str
    pieces: list[Piece]


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[FieldDiff]:
    """The fields that differ, in the order of `after`. HTML is compared by its words, or as source if these agree."""
    return [
        FieldDiff(name, _pieces(before.get(name, ""), text))
        for name, text in after.items()
        if before.get(name, "") != text
    ]


def _pieces(before: str, after: str) -> list[Piece]:
    old, new = plain_text(before), plain_text(after)
    if old == new:
        old, new = before, after
    # The space after a word is no part of it: what is appended to a text does not change its last word.
    old_words, new_words = [f"{word} " for word in old.split()], [f"{word} " for word in new.split()]
    if max(len(old_words), len(new_words)) > MAX_WORDS:
        return [Piece("delete", old), Piece("insert", new)]
    pieces: list[Piece] = []
    for kind, first, last, start, end in difflib.SequenceMatcher(None, old_words, new_words, False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("equal", _shortened(old_words[first:last])))
            continue
        if first != last:
            pieces.append(Piece("delete", "".join(old_words[first:last])))
        if start != end:
            pieces.append(Piece("insert", "".join(new_words[start:end])))
    return pieces


def _shortened(words: list[str]) -> str:
    """A long stretch that stayed is told by its ends."""
    if len(words) <= 30:
        return "".join(words)
    return "".join(words[:12]) + "… " + "".join(words[-12:])
