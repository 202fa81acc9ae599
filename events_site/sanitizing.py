"""Text of strangers: one policy for the HTML they may use, and the only places that clean it.

What is typed passes `RichTextField` (Markdown to HTML, then django-bleach) on its way in. What is printed passes
`sanitized()` (nh3) or `plain_text()` on its way out, whatever path it took into the database: an import keeps its
bytes there, and `update()` or `loaddata` ask nobody. Neither cleaner is linear in nesting or in the attributes of a
tag, so `is_too_complex()` comes before any parser.
"""

import html
import json
import re
from collections import Counter
from typing import Any

import nh3
from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django_bleach.forms import BleachField
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block
from markdown_it.rules_inline import StateInline, linkify

ALLOWED_TAGS = frozenset(
    "a abbr b blockquote br code dd del dl dt em h3 h4 hr i li ol p pre q s strike strong sub sup tt u ul".split()  # noqa: SIM905
)
ALLOWED_ATTRIBUTES = {"a": frozenset({"href", "title"}), "abbr": frozenset({"title"})}
# nh3 would add its own `lang` and `title` on every element if "*" were left out.
_OUTPUT_ATTRIBUTES = {"*": set[str]()} | {tag: set(names) for tag, names in ALLOWED_ATTRIBUTES.items()}
ALLOWED_SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow ugc noopener"
# What nh3 leaves of a link that leads nowhere any more. Quotes in a value are escaped: nothing else looks like it.
_NO_LINK = re.compile(f'<a((?: title="[^"]*")?) rel="{LINK_REL}">')

MAX_TAGS = 2_000
MAX_IMPORTED_TAGS = 10_000
MAX_OPEN_TAGS = 100
MAX_TAG_LENGTH = 2_000

_TAG = re.compile(r"<(/?)([a-zA-Z][^\t\n\f\r />]*)[^>]*")
# Inside a quoted value ">" does not end the tag, and only a parser knows where it does.
_QUOTED_END = re.compile(r"""=[\t\n\f\r ]*(?:"[^"]*>|'[^']*>)""")
# What is typed passes two more parsers. Bleach raises on numbers that Python makes no integer of (no character has
# one of eight digits), and looking for bare addresses is quadratic in the length of text without a blank.
_TOO_LONG = re.compile(r"&#[0-9]{8}|\S{5000}")
_ANY_TAG = re.compile(r"<[!/?a-zA-Z][^>]*>?")
# Elements without content, and those that the next of their kind ends: they do not nest by themselves.
_NEVER_OPEN = frozenset(
    "area base br col dd dt embed hr img input li link meta p source track wbr".split()  # noqa: SIM905
)
_BLOCK_TAG = re.compile(r"<(?=/?(?:p|br|li|h\d|hr|div|dd|dt|blockquote|pre|tr|td)\b)", re.IGNORECASE)
# What begins a line of its own, but no paragraph; as `_BLOCK_TAG` leaves it after its paragraph mark.
_LINE_TAG = re.compile("\u2029(?=</?(?:br|li|dt|dd)\\b)")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# What no format can carry: those, and the C1 controls, which the event XML takes for Windows-1252.
_NOT_TYPED = re.compile(f"{_CONTROLS.pattern}|[\x80-\x9f]")
_LINE_BREAKS = re.compile("[\r\n\x85\u2028\u2029]")


def is_too_complex(text: str, max_tags: int = MAX_TAGS) -> bool:
    """Whether cleaning `text` could take long. Linear time, and rather too strict than too lax.

    So are over `max_tags` tags, over 100 open at once, one over 2 000 letters, and ">" within an attribute.
    """
    if _QUOTED_END.search(text):
        return True
    open_tags: Counter[str] = Counter()
    depth = 0
    for number, tag in enumerate(_TAG.finditer(text)):
        name = tag[2].lower()
        if number >= max_tags or depth > MAX_OPEN_TAGS or len(tag[0]) > MAX_TAG_LENGTH:
            return True
        if name in _NEVER_OPEN:
            continue
        if not tag[1]:
            open_tags[name] += 1
            depth += 1
        elif open_tags[name]:
            open_tags[name] -= 1
            depth -= 1
    return depth > MAX_OPEN_TAGS


def printable(text: str) -> str:
    """`text` without the characters that XML, iCalendar and headers refuse: controls but TAB, LF and CR."""
    return _CONTROLS.sub("", text)


def sanitized(text: str | None, *, base: str = "") -> SafeString:
    """HTML from anywhere as HTML that is safe to print. Text too complex to clean loses all its markup.

    With `base`, the address of its page, links lead to the same place wherever the text is read.
    """
    # Controls go first: "<\x7ful>" is a tag without them, and must be counted as one.
    text = printable(text or "")
    if is_too_complex(text, MAX_IMPORTED_TAGS):
        return mark_safe(f"<p>{escape(plain_text(text))}</p>")
    cleaned = nh3.clean(
        text,
        tags=set(ALLOWED_TAGS),
        attributes=_OUTPUT_ATTRIBUTES,
        url_schemes=set(ALLOWED_SCHEMES),
        link_rel=LINK_REL,
        url_relative=("rewrite_with_base", base) if base else "pass_through",
    )
    # "&#1;" has become a control by now. Replaced, not dropped: that could join "java" and "script:".
    return mark_safe(_CONTROLS.sub("\ufffd", _NO_LINK.sub(r"<a\1>", cleaned)))


def plain_text(text: str | None) -> str:
    """The words of a piece of HTML on one line, for listings, calendars and titles. Not escaped."""
    text = printable(text or "")
    if is_too_complex(text, MAX_IMPORTED_TAGS):
        text = _ANY_TAG.sub(" ", text)
    # A block's end is a word's end: "<p>one</p><p>two</p>" is two words.
    words = nh3.clean(_BLOCK_TAG.sub(" <", text), tags=set())
    return " ".join(printable(html.unescape(words)).split())


def _bullets_only(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Lists with "-", "*" or "+". Numbers stay as typed: "7. Mai" is a date, not the seventh item of a list."""
    first = state.bMarks[start_line] + state.tShift[start_line]
    return not state.src[first : first + 1].isdigit() and list_block(state, start_line, end_line, silent)


def _address_nearby(state: StateInline, silent: bool) -> bool:
    """Bare addresses before emphasis, so that "_" stays in them. The rule searches all text since the last token
    at each "://", which is quadratic; further on, the rule that looks at finished text finds them too."""
    return len(state.pending) < 500 and linkify(state, silent)


# What people type: paragraphs as typed, emphasis, lists, links, bare addresses. No images.
_markdown = MarkdownIt("zero", {"html": True, "linkify": True, "breaks": True}).enable(
    [
        "autolink",
        "backticks",
        "blockquote",
        "emphasis",
        "entity",
        "escape",
        "heading",
        "hr",
        "html_block",
        "html_inline",
        "link",
        "linkify",
        "list",
        "newline",
    ]
)
_markdown.inline.ruler.at("linkify", _address_nearby)
_markdown.block.ruler.at("list", _bullets_only, {"alt": ["paragraph", "reference", "blockquote"]})


def markdown(text: str) -> str:
    """Typed text as HTML, not yet cleaned. Headings start below those of the page."""
    rendered = str(_markdown.render(text))
    return re.sub(r"(</?h)([1-6])>", lambda tag: f"{tag[1]}{min(int(tag[2]) + 2, 4)}>", rendered)


def plain_lines(text: str | None) -> str:
    """The words of a piece of HTML, with its paragraphs and lines as such. Not escaped."""
    html_text = str(sanitized(text)).translate({0x2028: " ", 0x2029: " "})
    marked = _LINE_TAG.sub("\u2028", _BLOCK_TAG.sub("\u2029<", html_text))
    words = printable(html.unescape(nh3.clean(marked, tags=set())))
    paragraphs = (
        "\n".join(line for part in paragraph.split("\u2028") if (line := " ".join(part.split())))
        for paragraph in words.split("\u2029")
    )
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def validate_text(text: str) -> None:
    """Refuses characters that no format can carry. For texts of several lines.

    Raises ValidationError.
    """
    if found := _NOT_TYPED.search(text):
        raise ValidationError(
            _("Take out the invisible control character after “%(before)s”."),
            code="control_character",
            params={"before": text[max(0, found.start() - 20) : found.start()].strip()},
        )


def validate_line(text: str) -> None:
    """Refuses control characters and line breaks. For texts of one line.

    Raises ValidationError.
    """
    validate_text(text)
    if _LINE_BREAKS.search(text):
        raise ValidationError(_("Write this on one line."), code="line_break")


def validate_no_markup(text: str) -> None:
    """Refuses what looks like an HTML tag, where only plain text is shown. `I <3 bikes` is fine.

    Raises ValidationError.
    """
    if re.search(r"<[/!?a-zA-Z]", text):
        raise ValidationError(_("This is plain text: take out the HTML tags, such as <b>."), code="markup")


class RichTextField(BleachField):
    """Typed text in, clean HTML out; what was typed stays in the form's data for the next edit."""

    default_error_messages = {
        "too_complex": _("There is too much formatting in this text. Paste it as plain text."),
        "max_length": ngettext_lazy(
            "Keep this under %(limit)d letter; it has %(length)d.",
            "Keep this under %(limit)d letters; it has %(length)d.",
            "limit",
        ),
    }

    def __init__(self, *, typed_max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.typed_max_length = typed_max_length

    def to_python(self, value: Any) -> str:
        typed = forms.CharField.to_python(self, value)
        if not typed:
            return self.empty_value
        if len(typed) > self.typed_max_length:
            raise ValidationError(
                self.error_messages["max_length"],
                code="max_length",
                params={"limit": self.typed_max_length, "length": len(typed)},
            )
        validate_text(typed)
        rendered = "" if is_too_complex(typed) or _TOO_LONG.search(typed) else markdown(typed)
        if not rendered or is_too_complex(rendered):
            raise ValidationError(self.error_messages["too_complex"], code="too_complex")
        # A plain string: the field of django-bleach calls its result safe, and nothing from a person is.
        return "".join(super().to_python(rendered)).strip() or self.empty_value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares what was typed, not what becomes of it. Browsers send every line break as CR LF."""
        before, after = (re.sub(r"\r\n?", "\n", text or "").strip() for text in (initial, data))
        return before != after


def json_in_html(value: Any) -> SafeString:
    """`value` as JSON for a `<script>` element, which no text in it can end.

    As `json_script` of Django does it, for types other than application/json.
    """
    escapes = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}
    return mark_safe(json.dumps(value).translate(escapes))
