"""Uploaded files: what is read, what is refused and in which words, and that nothing of a file stays as it came.

The files are made here, hostile ones too.
"""

import contextlib
import io
import struct
import time
import zlib

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from events_site.uploads import MAX_SCANS, MAX_SIZE, Document, Picture, fitted, read_upload, shown_name

CANARY = b"canary-51.5033N-0.1195W"
SCRIPT = b"<script>pwned()</script>"


def read(content: bytes, name: str = "flyer.jpg") -> Picture | Document:
    return read_upload(SimpleUploadedFile(name, content))


def refusal(content: bytes, name: str = "flyer.jpg") -> str:
    """What a person is told about a file that is not taken."""
    with pytest.raises(ValidationError) as refused:
        read(content, name)
    return refused.value.messages[0]


def drawn(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """A picture with red at its upper left."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle((0, 0, width // 3, height // 3), fill="red")
    return image.convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def developed(picture: Picture | Document, version: str = "full.webp") -> Image.Image:
    assert isinstance(picture, Picture)
    return Image.open(io.BytesIO(picture.files[version])).convert("RGB")


def is_red(colour) -> bool:
    return colour[0] > 200 and max(colour[1:]) < 90


def is_white(colour) -> bool:
    return min(colour) > 235


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int) -> bytes:
    """A white PNG of any measure that costs few bytes: one bit for a pixel."""
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def camera_data() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()  # description
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 12.0), 29: CANARY.decode()})
    return exif.tobytes()


def as_it_came(content: bytes) -> list[str]:
    return [name for name, file in read(content).files.items() if CANARY in file or b"Exif" in file]


# Pictures


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_picture_is_written_anew_in_three_sizes_and_as_jpeg(kind):
    picture = read(encoded(drawn(3000, 2000), kind))

    assert isinstance(picture, Picture)
    shapes = {name: Image.open(io.BytesIO(content)).size for name, content in picture.files.items()}
    assert shapes == {
        "listing.webp": (360, 240),
        "page.webp": (960, 640),
        "page.jpg": (960, 640),
        "full.webp": (2400, 1600),
    }
    formats = {name: Image.open(io.BytesIO(content)).format for name, content in picture.files.items()}
    assert formats == {"listing.webp": "WEBP", "page.webp": "WEBP", "page.jpg": "JPEG", "full.webp": "WEBP"}
    assert (picture.width, picture.height) == (2400, 1600)
    assert is_red(developed(picture).getpixel((100, 100)))
    assert is_white(developed(picture).getpixel((2000, 1500)))


def test_small_picture_is_never_enlarged():
    picture = read(encoded(drawn(20, 10)))

    assert {Image.open(io.BytesIO(content)).size for content in picture.files.values()} == {(20, 10)}


@pytest.mark.parametrize(("shape", "full"), [((100, 30_000), (8, 2400)), ((30_000, 1), (2400, 1))])
def test_long_strip_of_a_picture_fits_too(shape, full):
    picture = read(encoded(Image.new("L", shape)))

    assert developed(picture).size == full
    assert fitted(*shape, "full") == full


def test_name_of_a_file_says_nothing():
    assert isinstance(read(encoded(drawn(), "PNG"), "flyer.jpg"), Picture)
    assert isinstance(read(encoded(drawn(), "JPEG"), "../../etc/passwd"), Picture)
    assert isinstance(read(encoded(drawn(), "WEBP"), "flyer.webp.exe"), Picture)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (2, 2)), (2, (57, 2)), (3, (57, 37)), (4, (2, 37)), (5, (2, 2)), (6, (37, 2)), (7, (37, 57)), (8, (2, 57))],
)
def test_photo_is_turned_upright(orientation, corner):
    exif = Image.Exif()
    exif[0x0112] = orientation

    upright = developed(read(encoded(drawn(), "JPEG", exif=exif, quality=95)))

    assert upright.size == ((60, 40) if orientation < 5 else (40, 60))
    assert is_red(upright.getpixel(corner))


@pytest.mark.parametrize(
    "content",
    [
        encoded(drawn(), "JPEG", exif=camera_data()),
        encoded(drawn(), "JPEG", comment=CANARY),
        encoded(drawn(), "JPEG", xmp=b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"),
        encoded(drawn(), "JPEG", icc_profile=CANARY * 10),
        encoded(drawn(), "JPEG") + CANARY,
        encoded(drawn(), "PNG", exif=camera_data()),
        encoded(drawn(), "PNG", icc_profile=CANARY * 10),
        encoded(drawn(), "PNG") + b"PK\x03\x04" + CANARY,
        encoded(drawn(), "GIF", comment=CANARY),
        encoded(drawn(), "WEBP", exif=camera_data(), xmp=CANARY),
    ],
    ids=[
        "place of a photo",
        "comment",
        "XMP",
        "colour profile",
        "appended",
        "PNG Exif",
        "PNG profile",
        "PNG and ZIP",
        "GIF comment",
        "WebP Exif and XMP",
    ],
)
def test_nothing_besides_the_pixels_is_kept(content):
    assert CANARY in content or b"Exif" in content or b"iCCP" in content

    assert as_it_came(content) == []


def test_text_of_a_png_is_not_kept():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", CANARY.decode())

    assert as_it_came(encoded(drawn(), "PNG", pnginfo=text)) == []


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.filterwarnings("ignore:Truncated File")
def test_camera_data_that_nobody_can_read_is_no_reason_to_refuse_a_photo():
    assert isinstance(read(encoded(drawn(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")), Picture)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_colours_of_every_kind_of_picture_are_kept(mode):
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    image = developed(read(encoded(drawn(mode=mode), kind)))

    assert is_white(image.getpixel((50, 35)))
    assert not is_white(image.getpixel((5, 5)))
    if mode in ("P", "CMYK", "YCbCr"):
        assert is_red(image.getpixel((5, 5)))


def test_sixteen_bits_keep_their_shades():
    image = Image.new("I;16", (20, 20), 128 * 256)

    assert all(abs(shade - 128) < 4 for shade in developed(read(encoded(image))).getpixel((10, 10)))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(mode):
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 15, 15), fill="black")
    content = encoded(image, "GIF") if mode == "P" else encoded(image.convert(mode))

    assert is_white(developed(read(content)).getpixel((30, 30)))
    assert max(developed(read(content)).getpixel((5, 5))) < 40


def test_colours_are_those_that_the_profile_means():
    photo = encoded(Image.new("RGB", (20, 20), (200, 60, 60)), icc_profile=_other_profile())

    assert developed(read(photo)).getpixel((10, 10)) != (200, 60, 60)


def _other_profile() -> bytes:
    """A profile in which the same numbers are other colours than in sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_a_film_the_first_picture_is_kept(kind):
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue", "blue")]

    picture = read(encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50))

    assert is_red(developed(picture).getpixel((15, 15)))
    assert all(getattr(Image.open(io.BytesIO(file)), "n_frames", 1) == 1 for file in picture.files.values())


# What is refused


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='pwned()'/>",
        b"<!doctype html>" + SCRIPT,
        b"MZ\x90\0" + b"\0" * 200,
        b"PK\x03\x04" + b"\0" * 200,
        b"\0\0\0\x18ftypheic" + b"\0" * 200,
        b"II*\0" + b"\0" * 200,
        b"BM" + b"\0" * 200,
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"GIF89a" + b"/*" + SCRIPT,
        b"\x89PNG\r\n\x1a\n" + SCRIPT,
        SCRIPT + b"%PDF-1.4",
        b"plain words",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_picture_is_refused_by_name(content):
    assert refusal(content, "flyer.jpg") == (
        "“\u2068flyer.jpg\u2069” is not a picture or flyer that we can read. JPEG, PNG, GIF, WebP and PDF work."
    )


@pytest.mark.parametrize("content", [b"ID3\x04", b"OggS\0", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x20ftypM4A ", b"fLaC"])
def test_sound_waits(content):
    assert "We cannot take those yet: put a link to it in the text" in refusal(content + b"\0" * 64, "song.mp3")


def test_empty_file_is_refused():
    assert refusal(b"") == "“\u2068flyer.jpg\u2069” is empty."


def test_file_that_is_too_large_is_refused_before_it_is_read():
    class Large:
        name, size = "flyer.png", MAX_SIZE + 1

    with pytest.raises(ValidationError, match="is larger than 10 MB"):
        read_upload(Large())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_that_is_cut_off_is_refused(kind):
    noise = Image.effect_noise((300, 300), 90)
    content = encoded(noise, kind)

    assert refusal(content[: len(content) // 2]).startswith("“\u2068flyer.jpg\u2069” is ")


def test_small_file_of_400_million_pixels_is_refused_at_once():
    bomb = png_of(20_000, 20_000)
    assert len(bomb) < 100_000
    start = time.process_time()

    message = refusal(bomb)

    assert "has too many pixels: at most 40 million" in message
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("width", "height", "taken"), [(8000, 5000, True), (8001, 5000, False), (60_000, 60_000, False)]
)
def test_pixels_are_counted_before_they_are_read(width, height, taken):
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")

    assert ("too many pixels" in refusal(content)) is not taken


def test_photo_of_endless_passes_is_refused():
    content = encoded(drawn(), "JPEG", progressive=True)
    at = content.rindex(b"\xff\xda")
    scan = content[at:-2]

    assert "that we can read" in refusal(content[:-2] + scan * MAX_SCANS + b"\xff\xd9")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("flyer\u202egpj.exe", "flyergpj.exe"),
        ("a\r\nb\0.png", "ab.png"),
        ("<b>.png", "<b>.png"),
        ("x" * 300 + ".png", "x" * 40 + "…" + "x" * 11 + ".png"),
        ("\u200b", "?"),
        (None, "?"),
    ],
)
def test_name_in_a_message_is_short_and_printable(name, shown):
    assert shown_name(name) == f"“\u2068{shown}\u2069”"


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]), st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
def test_damaged_picture_is_read_or_refused_and_nothing_else(kind, where, bytes_):
    content = bytearray(encoded(drawn(), kind))
    where %= len(content)
    content[where : where + len(bytes_)] = bytes_

    with contextlib.suppress(ValidationError):
        assert isinstance(read(bytes(content)), Picture)


# Documents


def pdf(pages: int = 1) -> pikepdf.Pdf:
    document = pikepdf.Pdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(200, 200))
        document.pages[-1].Contents = document.make_stream(b"1 0 0 rg 0 0 100 100 re f % drawn")
    return document


def saved(document: pikepdf.Pdf, **options) -> bytes:
    file = io.BytesIO()
    document.save(file, **options)
    return file.getvalue()


def rewritten(content: bytes) -> pikepdf.Pdf:
    document = read(content, "flyer.pdf")
    assert isinstance(document, Document)
    assert list(document.files) == ["flyer.pdf"]
    return pikepdf.open(io.BytesIO(document.files["flyer.pdf"]))


def everything_in(document: pikepdf.Pdf) -> bytes:
    """All that a document says, decompressed where that is possible."""
    parts = []
    for thing in document.objects:
        parts.append(repr(thing).encode())
        if isinstance(thing, pikepdf.Stream):
            parts.append(thing.read_raw_bytes())
            try:
                parts.append(thing.read_bytes())
            except pikepdf.PdfError:
                continue
    return b"\n".join(parts) + repr(document.trailer).encode()


def test_pages_of_a_flyer_are_kept():
    document = pdf(pages=2)

    result = rewritten(saved(document))

    assert len(result.pages) == 2
    assert b"1 0 0 rg 0 0 100 100 re f" in result.pages[1].Contents.read_bytes()
    assert [float(side) for side in result.pages[0].mediabox] == [0, 0, 200, 200]


def test_measure_and_fonts_that_pages_inherit_are_kept():
    document = pdf()
    page = document.pages[0].obj
    document.Root.Pages.Rotate = 90
    document.Root.Pages.MediaBox, document.Root.Pages.Resources = (
        page.MediaBox,
        pikepdf.Dictionary(
            Font=pikepdf.Dictionary(F1=pikepdf.Dictionary(Type=pikepdf.Name.Font, BaseFont=pikepdf.Name.Helvetica))
        ),
    )
    del page.MediaBox
    if "/Resources" in page:
        del page.Resources

    result = rewritten(saved(document))
    page = result.pages[0]

    assert page.Rotate == 90
    assert page.Resources.Font.F1.BaseFont == pikepdf.Name.Helvetica
    assert float(page.mediabox[2]) == 200


def hostile_pdf() -> pikepdf.Pdf:
    """A document with the canary, or what acts by itself, in every place that is no page."""
    word = pikepdf.String(CANARY.decode())
    document = pdf()
    act = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=word)
    document.docinfo["/Author"] = word
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = [CANARY.decode()]
    document.attachments["run.exe"] = pikepdf.AttachedFileSpec(document, CANARY, filename="run.exe")
    root, page = document.Root, document.pages[0].obj
    root.OpenAction = act
    root.AA = pikepdf.Dictionary(WC=act)
    root.Names.JavaScript = pikepdf.Dictionary(Names=pikepdf.Array([word, act]))
    root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(), XFA=document.make_stream(CANARY))
    root.PieceInfo = pikepdf.Dictionary(X=word)
    page.AA = pikepdf.Dictionary(O=act)
    page.PieceInfo = pikepdf.Dictionary(X=word)
    page.LastModified = word
    page.Thumb = document.make_stream(CANARY)
    page.Metadata = document.make_stream(CANARY)
    page.Annots = document.make_indirect(
        pikepdf.Array(
            [
                _annotation(pikepdf.Dictionary(S=pikepdf.Name.Launch, F=word)),
                _annotation(act),
                _annotation(
                    pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("javascript:" + CANARY.decode()))
                ),
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Contents=word, Rect=[0, 0, 9, 9]
                ),
                _annotation(
                    pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://example.org/"), Next=act)
                ),
            ]
        )
    )
    photo = encoded(drawn(), "JPEG", exif=camera_data(), comment=CANARY)
    size = {"Width": 60, "Height": 40, "ColorSpace": pikepdf.Name.DeviceRGB, "BitsPerComponent": 8}
    plain = pikepdf.Stream(document, photo, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, **size)
    plain.Filter = pikepdf.Name.DCTDecode
    plain.Metadata = document.make_stream(CANARY)
    packed = pikepdf.Stream(
        document, zlib.compress(photo), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, **size
    )
    packed.Filter = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode])
    elsewhere = pikepdf.Stream(document, b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, F=word)
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=plain, B=packed, C=elsewhere))
    return document


def _annotation(action: pikepdf.Dictionary) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=pikepdf.Array([0, 0, 50, 50]), A=action
    )


def test_nothing_of_a_document_is_kept_but_its_pages():
    content = saved(hostile_pdf())
    assert CANARY in everything_in(pikepdf.open(io.BytesIO(content)))

    result = rewritten(content + CANARY + SCRIPT)

    everything = everything_in(result)
    assert CANARY not in everything
    for word in (b"JavaScript", b"/JS", b"/Launch", b"EmbeddedFile", b"OpenAction", b"/AA", b"AcroForm", b"Exif"):
        assert word not in everything
    assert set(result.Root.keys()) == {"/Type", "/Pages"}
    assert "/Info" not in result.trailer


def test_links_of_a_flyer_to_web_pages_stay_and_no_other_action():
    result = rewritten(saved(hostile_pdf()))
    links = list(result.pages[0].Annots)

    assert [str(link.A.URI) for link in links] == ["https://example.org/"]
    assert set(links[0].A.keys()) == {"/S", "/URI"}


def test_pictures_of_a_flyer_can_still_be_seen():
    result = rewritten(saved(hostile_pdf()))
    pictures = result.pages[0].Resources.XObject

    for name in ("/A", "/B"):
        photo = Image.open(io.BytesIO(pictures[name].read_raw_bytes()))
        photo.load()
        assert is_red(photo.convert("RGB").getpixel((5, 5)))


def test_locked_document_is_refused():
    document = pdf()

    assert "is locked with a password" in refusal(saved(document, encryption=pikepdf.Encryption(user="x", owner="y")))
    assert "is locked with a password" in refusal(saved(document, encryption=pikepdf.Encryption(user="", owner="y")))


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.4" + SCRIPT, b"%PDF-1.7\n" + b"\xff" * 1000])
def test_document_that_is_none_is_refused(content):
    assert "is damaged or incomplete" in refusal(content, "flyer.pdf")


def test_document_of_too_many_pages_is_refused():
    document = pdf(pages=51)

    assert "has more than 50 pages" in refusal(saved(document), "flyer.pdf")


def test_document_that_unfolds_to_gigabytes_is_refused():
    packer = zlib.compressobj(9)
    zeros = b" " * 2**20
    stream = b"".join(packer.compress(zeros) for _ in range(3000)) + packer.flush()
    assert len(stream) < MAX_SIZE
    parts = [
        b"%PDF-1.5\n",
        b"1 0 obj\n<</Type/ObjStm/N 2/First 10/Filter/FlateDecode/Length %d>>stream\n" % len(stream),
        stream,
        b"\nendstream\nendobj\n",
    ]
    start = len(b"".join(parts))
    rows = [(0, 0, 255), (1, 9, 0), (2, 1, 0), (2, 1, 1), (1, start, 0)]
    table = zlib.compress(b"".join(struct.pack(">BIB", *row) for row in rows))
    parts.append(
        b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 1]/Root 2 0 R/Filter/FlateDecode/Length %d>>stream\n" % len(table)
        + table
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % start
    )

    assert "flyer.pdf" in refusal(b"".join(parts), "flyer.pdf")
