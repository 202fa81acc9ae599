"""Files of strangers: read in full, and written anew. Nothing of a file is kept as it came, and none of its metadata.

What a file is, its content says, never its name. Pictures become WebP in three sizes, and a JPEG for browsers that
know no WebP; of a PDF the pages are written into a new document by `events_site.documents`, a process of its own.
"""

import io
import subprocess
import sys
import threading
import unicodedata
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import ExifTags, Image, ImageCms

from events_site import documents

MAX_SIZE = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SCANS = 100  # of a progressive JPEG; each is a pass over all pixels
MAX_SECONDS = 30  # for one document
# The boxes that pictures are shrunk into, never enlarged.
SIZES = {"listing": (360, 720), "page": (960, 1920), "full": (2400, 2400)}
PICTURE_FORMATS = ["JPEG", "PNG", "GIF", "WEBP"]
ACCEPTED = "image/jpeg,image/png,image/gif,image/webp,application/pdf,.jpg,.jpeg,.png,.gif,.webp,.pdf"

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_SRGB = ImageCms.createProfile("sRGB")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A picture may need 300 MB while it is read: one at a time in each process.
_one_at_a_time = threading.Lock()
_AUDIO = (b"ID3", b"OggS", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"FORM", b"MThd")


@dataclass(frozen=True)
class Picture:
    """A picture in its sizes: the content of each file by the end of its name, and pixels of the largest."""

    files: dict[str, bytes]
    width: int
    height: int


@dataclass(frozen=True)
class Document:
    """A PDF: the content of its one file by the end of its name."""

    files: dict[str, bytes]


def fitted(width: int, height: int, size: str) -> tuple[int, int]:
    """What a picture of `width` and `height` measures in one of SIZES."""
    box = SIZES[size]
    scale = min(box[0] / width, box[1] / height, 1)
    return max(1, round(width * scale)), max(1, round(height * scale))


def read_upload(file: Any) -> Picture | Document:
    """What an uploaded file shows, written anew. `file` has `name`, `size` and `read()`, as Django's have.

    Raises ValidationError that names the file.
    """
    name = shown_name(file.name)
    if file.size > MAX_SIZE:
        raise _refusal(_("%(name)s is larger than %(limit)d MB."), name, limit=MAX_SIZE // 1024**2)
    file.seek(0)
    content = file.read(MAX_SIZE + 1)
    if not content:
        raise _refusal(_("%(name)s is empty."), name)
    if content.startswith(b"%PDF-"):
        return _read_document(content, name)
    if _is_audio(content):
        raise _refusal(
            _("%(name)s is a sound file. We cannot take those yet: put a link to it in the text instead."), name
        )
    return _read_picture(content, name)


def shown_name(name: str | None) -> str:
    """The name of a file for a message: printable, bounded, isolated from the direction of what is around it."""
    letters = "".join(letter for letter in name or "" if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    if len(letters) > 60:
        letters = f"{letters[:40]}…{letters[-15:]}"
    return f"“\u2068{letters or '?'}\u2069”"


def _refusal(message: Any, name: str, **params: Any) -> ValidationError:
    return ValidationError(message, code="invalid_file", params={"name": name, **params})


def _is_audio(content: bytes) -> bool:
    return (
        content.startswith(_AUDIO)
        or (content[:4] == b"RIFF" and content[8:12] == b"WAVE")
        or content[4:11] in (b"ftypM4A", b"ftypM4B")
    )


def _read_picture(content: bytes, name: str) -> Picture:
    unreadable = _refusal(
        _("%(name)s is not a picture or flyer that we can read. JPEG, PNG, GIF, WebP and PDF work."), name
    )
    too_big = _refusal(
        _("%(name)s has too many pixels: at most %(limit)d million. Make it smaller first."),
        name,
        limit=MAX_PIXELS // 1_000_000,
    )
    # Decoders of hostile files raise whatever they like.
    with _one_at_a_time:
        try:
            image = Image.open(io.BytesIO(content), formats=PICTURE_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise too_big from None
        except Exception:
            raise unreadable from None
        if image.width * image.height > MAX_PIXELS:
            raise too_big
        if image.format in ("JPEG", "MPO") and content.count(b"\xff\xda") > MAX_SCANS:
            raise unreadable
        try:
            return _written_anew(_developed(image))
        except Exception:
            raise _refusal(
                _("%(name)s is damaged or incomplete. Try to save it again, or send another."), name
            ) from None


def _developed(image: Image.Image) -> Image.Image:
    """The picture as it is meant to be seen: upright, in sRGB, on white, no larger than we keep it."""
    largest = SIZES["full"]
    image.draft(None, largest)  # a large JPEG is read at a half or a quarter
    image.load()
    profile, turn = image.info.get("icc_profile"), _TURNS.get(_orientation(image))
    if image.mode.startswith("I"):
        # Of 16 bits the upper eight; Pillow would cut off all that is above 255.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode not in ("L", "RGB", "RGBA", "CMYK") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail(largest, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        image = image.transpose(turn)
    if profile:
        image = _in_srgb(image, profile)
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    return image.convert("RGB")


def _orientation(image: Image.Image) -> int | None:
    """How the camera was held, if its data says so and can be read."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:
        return None


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The colours that the profile of the file means. A profile that is broken says nothing."""
    try:
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        colours = image.convert("RGB") if alpha else image
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(colours, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    assert turned is not None
    if alpha:
        turned.putalpha(alpha)
    return turned


def _written_anew(image: Image.Image) -> Picture:
    # A new image has no `info`, from which the writers of Pillow would take metadata.
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    files = {}
    for size in SIZES:
        shape = fitted(clean.width, clean.height, size)
        scaled = clean if shape == clean.size else clean.resize(shape, Image.Resampling.LANCZOS, reducing_gap=3.0)
        files[f"{size}.webp"] = _encoded(scaled, "WEBP", quality=82, method=4)
        if size == "page":
            files["page.jpg"] = _encoded(scaled, "JPEG", quality=82, progressive=True, optimize=True)
    return Picture(files, clean.width, clean.height)


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _read_document(content: bytes, name: str) -> Document:
    program = [sys.executable, "-I", str(Path(documents.__file__))]
    try:
        done = subprocess.run(  # noqa: S603
            program, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=MAX_SECONDS, env={}
        )
    except subprocess.TimeoutExpired:
        raise _refusal(_("%(name)s is too complex for us to read."), name) from None
    if done.returncode == documents.ENCRYPTED:
        raise _refusal(_("%(name)s is locked with a password. Save it without one, then send it again."), name)
    if done.returncode == documents.TOO_MANY_PAGES:
        raise _refusal(_("%(name)s has more than %(limit)d pages."), name, limit=documents.MAX_PAGES)
    if done.returncode == documents.UNREADABLE:
        raise _refusal(_("%(name)s is damaged or incomplete. Try to save it again, or send another."), name)
    if done.returncode or len(done.stdout) > 2 * MAX_SIZE:
        raise _refusal(_("%(name)s is too complex for us to read."), name)
    return Document({"flyer.pdf": done.stdout})
