"""Writes a PDF anew with nothing but its pages. Run as a program: the file on standard input, the new one on output.

`events_site.uploads` starts it for one document at a time, apart from the site and with little memory and time: a
hostile file can make any reader of PDF need as much as it likes of both, or crash.
"""

import resource
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

MAX_PAGES = 50
MAX_OBJECTS = 50_000
MAX_DEPTH = 100
MAX_BYTES = 100 * 1024 * 1024  # of a picture within the file, decompressed
MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 20

# Exit codes, besides 0.
UNREADABLE, ENCRYPTED, TOO_MANY_PAGES, TOO_COMPLEX = 3, 4, 5, 6

_PAGE_KEYS = {
    "/Type",
    "/MediaBox",
    "/CropBox",
    "/BleedBox",
    "/TrimBox",
    "/ArtBox",
    "/Rotate",
    "/UserUnit",
    "/Resources",
    "/Contents",
    "/Group",
    "/Parent",
}
# What is no part of a page as it looks: data about it, other files, layers, and what acts by itself.
_REMOVED = {
    "/AA",
    "/AF",
    "/Alternates",
    "/EF",
    "/JS",
    "/JavaScript",
    "/LastModified",
    "/Measure",
    "/Metadata",
    "/OC",
    "/OPI",
    "/OpenAction",
    "/PieceInfo",
    "/Properties",
    "/PtData",
    "/Ref",
    "/StructParent",
    "/StructParents",
    "/Thumb",
    "/XFA",
}
# Of a stream: that its content is another file.
_EXTERNAL = {"/F", "/FFilter", "/FDecodeParms"}


class Refused(Exception):  # noqa: N818
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def rewritten(content: bytes) -> bytes:
    """The pages of a document in a new one, with their links to web addresses and without anything else.

    Raises Refused with the exit code that says why.
    """
    try:
        source = Pdf.open(BytesIO(content))
    except pikepdf.PasswordError:
        raise Refused(ENCRYPTED) from None
    if source.is_encrypted:
        raise Refused(ENCRYPTED)
    if not source.pages:
        raise Refused(UNREADABLE)
    if len(source.pages) > MAX_PAGES:
        raise Refused(TOO_MANY_PAGES)
    target = Pdf.new()
    for page in source.pages:
        links = list(_web_links(page.obj))
        target.pages.append(page)
        copy = target.pages[-1].obj
        for key in set(copy.keys()) - _PAGE_KEYS:
            del copy[key]
        if links:
            copy.Annots = target.make_indirect(Array([target.make_indirect(link) for link in links]))
    if len(target.objects) > MAX_OBJECTS:
        raise Refused(TOO_COMPLEX)
    kept = {link.objgen for page in target.pages for link in page.obj.get("/Annots", [])}
    for thing in target.objects:
        if isinstance(thing, pikepdf.Object) and thing.objgen not in kept:
            _clean(thing)
    result = BytesIO()
    target.save(
        result,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        fix_metadata_version=False,
    )
    return result.getvalue()


def _web_links(page: Any) -> Iterator[Dictionary]:
    """The links of a page to http and https addresses, made anew."""
    for annotation in page.get("/Annots", []):
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            action = annotation.A
            address = str(action.URI)
            if annotation.Subtype != Name.Link or action.S != Name.URI or not address.isascii():
                continue
            if address.lower().startswith(("http://", "https://")):
                yield Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=Array([float(number) for number in list(annotation.Rect)[:4]]),
                    Border=Array([0, 0, 0]),
                    A=Dictionary(S=Name.URI, URI=String(address)),
                )


def _clean(thing: Any, depth: int = 0) -> None:
    """Takes out of an object, and of what is written inside it, what is no part of a page."""
    if depth > MAX_DEPTH:
        raise Refused(TOO_COMPLEX)
    if isinstance(thing, pikepdf.Stream):
        removed = _REMOVED | _EXTERNAL
        _clean_picture(thing)
    elif isinstance(thing, pikepdf.Dictionary):
        removed = _REMOVED
    elif isinstance(thing, pikepdf.Array):
        for item in thing:
            if isinstance(item, pikepdf.Object) and not item.is_indirect:
                _clean(item, depth + 1)
        return
    else:
        return
    for key in list(thing.keys()):
        if key in removed:
            del thing[key]
        elif isinstance(item := thing[key], pikepdf.Object) and not item.is_indirect:
            _clean(item, depth + 1)


def _clean_picture(stream: Any) -> None:
    """Takes the data of the camera out of a JPEG or JPEG 2000 picture that the file holds as it is."""
    filters = stream.get("/Filter", Array())
    names = [filters] if isinstance(filters, pikepdf.Name) else list(filters)
    if not names or names[-1] not in (Name.DCTDecode, Name.DCT, Name.JPXDecode):
        return
    content = stream.read_raw_bytes()
    for name in names[:-1]:
        if name not in (Name.FlateDecode, Name.Fl):
            raise Refused(UNREADABLE)
        inflater = zlib.decompressobj()
        content = inflater.decompress(content, MAX_BYTES)
        if inflater.unconsumed_tail:
            raise Refused(TOO_COMPLEX)
    parts = _jpeg_2000_parts(content) if names[-1] == Name.JPXDecode else _jpeg_parts(content)
    parameters = stream.get("/DecodeParms")
    if isinstance(parameters, pikepdf.Array):
        parameters = parameters[-1]
    stream.write(b"".join(parts), filter=names[-1], decode_parms=parameters)


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    """The segments of a JPEG file that make the picture. Of the application's, those that say how colours are meant."""
    if content[:2] != b"\xff\xd8":
        raise Refused(UNREADABLE)
    yield content[:2]
    at = 2
    while True:
        marker = content[at + 1] if content[at : at + 1] == b"\xff" and at + 1 < len(content) else None
        if marker is None or marker == 0xD9:
            yield b"\xff\xd9"
            return
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if end < at + 4:
            raise Refused(UNREADABLE)
        if marker == 0xDA:
            # After its header come the pixels, up to the next marker that is no part of them.
            while (end := content.find(b"\xff", end)) >= 0:
                if content[end + 1 : end + 2] not in (b"\x00", *(bytes([code]) for code in range(0xD0, 0xD8))):
                    break
                end += 2
            if end < 0:
                end = len(content)
        if not (0xE1 <= marker <= 0xEF or marker == 0xFE) or marker == 0xEE:
            yield content[at:end]
        at = end


def _jpeg_2000_parts(content: bytes) -> Iterator[bytes]:
    """The boxes of a JPEG 2000 file but those for other data. A bare codestream has no boxes."""
    if content[:4] == b"\xff\x4f\xff\x51":
        yield content
        return
    at = 0
    while at < len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(content[at + 8 : at + 16])
        end = at + length if length else len(content)
        if end < at + 8:
            raise Refused(UNREADABLE)
        if kind not in (b"uuid", b"uinf", b"xml ", b"free", b"skip"):
            yield content[at:end]
        at = end


def main() -> int:
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS)):
        with suppress(OSError, ValueError):  # not every system has each
            resource.setrlimit(limit, (value, value))
    try:
        sys.stdout.buffer.write(rewritten(sys.stdin.buffer.read()))
    except Refused as refusal:
        return refusal.code
    except MemoryError:
        return TOO_COMPLEX
    except Exception:  # readers of hostile files raise whatever they like
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
