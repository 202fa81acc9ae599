"""What the pages of accounts draw."""

from django import template
from qrcode.main import QRCode

register = template.Library()


@register.simple_tag
def qr_code(text: str) -> dict[str, object]:
    """`text` as an SVG path of unit squares, and the length of the picture's side, with its quiet zone."""
    code: QRCode = QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    squares = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return {"path": "".join(squares), "size": len(rows)}
