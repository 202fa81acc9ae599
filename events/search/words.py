"""What a word is, when two are the same, and how found ones are shown. Text in, text out: no database.

The two databases split text in their own ways; what is typed into the search field is taken apart here, so that it
can hold no operator of either: a word is letters, digits and the marks on them, everything else only parts words.
"""

import functools
import re
import sys
import unicodedata
from collections.abc import Iterator

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# PostgreSQL refuses words of over 2046 bytes in a query; more words than anybody types only cost time.
WORD_MAX_LENGTH = 200
MAX_WORDS = 32
# Letters that Unicode does not take apart, and that people type without.
PLAIN_LETTERS = {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"} | {
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
}
# Accents of the alphabets of Europe. The marks of others are vowels, and stay.
_ACCENTS = re.compile("[\u0300-\u036f]")
# "Harbour's" asks for "harbour" alone.
_GENITIVE = re.compile(r"['’]s\b")
_PLAIN_LETTERS = str.maketrans(PLAIN_LETTERS)
# How much of the text stands before the first word that was found in it.
_LEAD = 60


def fold(text: str) -> str:
    """`text` without accents and in small letters."""
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).translate(_PLAIN_LETTERS).lower()


@functools.cache
def _word() -> re.Pattern[str]:
    # `re` has no class of marks, without which the words of Indian languages fall apart.
    numbers = range(sys.maxunicode + 1)
    marks = "".join(chr(number) for number in numbers[:0x10000] if unicodedata.category(chr(number))[0] == "M")
    return re.compile(rf"[^\W_](?:[^\W_]|[{re.escape(marks)}])*")


def words_in(query: str) -> list[str]:
    """The words that were typed, folded, each once; the last one typed is the last."""
    found = [fold(word)[:WORD_MAX_LENGTH] for word in _word().findall(_GENITIVE.sub("", query))][:MAX_WORDS]
    return list(dict.fromkeys(reversed(found)))[::-1]


def stem(word: str) -> str:
    """What the forms of an English word have in common, roughly; any other word as it is."""
    if settings.SEARCH_LANGUAGE != "english":
        return word
    for ending, instead in (("ies", "i"), ("ied", "i"), ("ings", ""), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    if len(word) > 3 and word[-1] == "e":
        return word[:-1]
    return f"{word[:-1]}i" if len(word) > 3 and word[-1] == "y" else word


def relevance(query: list[str], fields: list[tuple[int, str]]) -> int:
    """How well texts of a given weight answer a query: the sum of the weights of those that hold its words."""
    patterns = [re.compile(rf"(?<!\w){re.escape(stem(word))}") for word in query]
    folded = [(weight, fold(text)) for weight, text in fields]
    return sum(weight for weight, text in folded for pattern in patterns if pattern.search(text))


def _found(text: str, query: str) -> Iterator[re.Match[str]]:
    """The words of `text` that `query` asks for, in order."""
    words = words_in(query)
    if not words:
        return
    last, stems = words[-1], {stem(word) for word in words}
    for match in _word().finditer(text):
        word = fold(match[0])
        if word.startswith(last) or word in words or stem(word) in stems:
            yield match


def highlighted(text: str, query: str) -> SafeString:
    """Plain text as HTML, with `<mark>` round the words that `query` finds."""
    pieces: list[tuple[str | SafeString]] = []
    done = 0
    for match in _found(text, query):
        pieces += [(text[done : match.start()],), (format_html("<mark>{}</mark>", match[0]),)]
        done = match.end()
    return format_html_join("", "{}", [*pieces, (text[done:],)])


def excerpt(text: str, query: str, length: int = 280) -> SafeString:
    """At most `length` characters of plain text as HTML, from shortly before the first word that `query` finds.

    The words are marked as in `highlighted()`; an ellipsis, not counted, stands where text was left out.
    """
    if len(text) <= length:
        return highlighted(text, query)
    first = next(_found(text, query), None)
    start = max(0, min(first.start() - min(_LEAD, length // 4), len(text) - length)) if first else 0
    end = start + length
    # Not in the middle of a word, unless it is a very long one.
    if start and (blank := re.search(r"\s", text[start - 1 : first.start() if first else end])):
        start += blank.start()
    if end < len(text) and not text[end].isspace() and (blank := re.search(r"\s\S*$", text[start + length // 2 : end])):
        end = start + length // 2 + blank.start()
    shown = highlighted(text[start:end].strip(), query)
    return format_html("{}{}{}", "…" if start else "", shown, "…" if end < len(text) else "")
