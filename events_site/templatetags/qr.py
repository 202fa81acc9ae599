"""QR codes, drawn by the page itself."""

from itertools import groupby
from typing import TypedDict

from django import template
from qrcode.main import QRCode

register = template.Library()


class Drawing(TypedDict):
    """An SVG path of black bars on a grid of unit squares, and the length of the picture's side."""

    path: str
    size: int


@register.simple_tag
def qr_code(text: str) -> Drawing:
    """`text` as a QR code with its quiet zone (ISO/IEC 18004). A seventh of it may be stained and it is still read.

    The squares of a row that touch are one bar: printers leave hair lines between shapes.
    """
    code: QRCode = QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    bars = []
    for y, row in enumerate(rows):
        x = 0
        for dark, squares in groupby(row):
            length = len(list(squares))
            if dark:
                bars.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return {"path": "".join(bars), "size": len(rows)}
