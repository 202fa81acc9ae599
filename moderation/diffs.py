"""What changed in a post, as words taken out and put in."""

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from events_site.sanitizing import plain_text

# Pairs of equal words in two texts up to which they are compared word by word: the comparison is cubic where one
# word is repeated.
MAX_MATCHES = 3_000


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
    start = next((at for at, pair in enumerate(zip(old_words, new_words, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        start = min(len(old_words), len(new_words))
    rest = min(len(old_words), len(new_words)) - start
    end = next((at for at in range(rest) if old_words[-1 - at] != new_words[-1 - at]), rest)
    same_before, same_after = old_words[:start], old_words[len(old_words) - end :]
    changed = _compared(old_words[start : len(old_words) - end], new_words[start : len(new_words) - end])
    pieces = [Piece("equal", _shortened(same_before)), *changed, Piece("equal", _shortened(same_after))]
    return [piece for piece in pieces if piece.text]


def _compared(old: list[str], new: list[str]) -> list[Piece]:
    """What is between the common beginning and end. As a whole, where the comparison would take long."""
    counts = Counter(new)
    if sum(counts[word] for word in old) > MAX_MATCHES:
        return [Piece("delete", "".join(old)), Piece("insert", "".join(new))]
    pieces: list[Piece] = []
    for kind, first, last, start, end in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("equal", _shortened(old[first:last])))
            continue
        if first != last:
            pieces.append(Piece("delete", "".join(old[first:last])))
        if start != end:
            pieces.append(Piece("insert", "".join(new[start:end])))
    return pieces


def _shortened(words: list[str]) -> str:
    """A long stretch that stayed is told by its ends."""
    if len(words) <= 30:
        return "".join(words)
    return "".join(words[:12]) + "… " + "".join(words[-12:])
