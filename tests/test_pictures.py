"""Uploaded pictures: what comes out is made anew and small, and what is no picture, or a bomb, is refused in words."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from innovation_station.errors import Refused
from innovation_station.pictures import LARGEST_UPLOAD, fitted, squares

SIZES = {"small": 96, "large": 384}


def picture(size: tuple[int, int] = (800, 600), kind: str = "JPEG", mode: str = "RGB", **more: Any) -> bytes:
    made = Image.new(mode, size, "teal" if mode != "P" else 3)
    made.paste("orange" if mode != "P" else 5, (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    made.save(file, kind, **more)
    return file.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        squares(data, SIZES)
    return caught.value.refusals[0].code


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "1"), ("WEBP", "RGBA")],
)
def test_every_kind_becomes_webp_of_fixed_sizes(kind: str, mode: str) -> None:
    made = squares(picture(kind=kind, mode=mode) if mode != "1" else picture(kind=kind, mode="L"), SIZES)
    for name, size in SIZES.items():
        read = Image.open(io.BytesIO(made[name]))
        assert (read.format, read.size) == ("WEBP", (size, size)) and len(made[name]) < 40_000


def test_nothing_of_the_file_but_its_pixels_comes_along() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret-description"
    exif[0x8825] = {1: "N", 2: (59.0, 13.0, 0.0)}  # GPS
    data = (
        picture(exif=exif, icc_profile=b"secret-profile", comment=b"secret-comment") + b"<script>secret-tail</script>"
    )
    assert b"secret-description" in data
    for made in (*squares(data, SIZES).values(), fitted(data, (200, 100))):
        assert b"secret" not in made and b"EXIF" not in made and b"ICCP" not in made and b"XMP" not in made
        assert not Image.open(io.BytesIO(made)).getexif()


def test_turned_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn it clockwise
    read = Image.open(io.BytesIO(squares(picture((600, 600), exif=exif), SIZES)["large"])).convert("RGB")
    top, bottom = read.getpixel((192, 30)), read.getpixel((192, 350))
    assert top[0] > 200 > 80 > bottom[0]  # the orange left half has become the upper one


def test_what_is_no_picture_is_refused() -> None:
    for data in (b"", b"GIF89a" + b"\0" * 50, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"\xff\xd8\xff\xe0garbage" * 9,
                 picture()[:300], picture(kind="PNG")[:90], picture(kind="GIF", mode="P"), picture(kind="TIFF"), picture(kind="BMP")):  # fmt: skip
        assert refused(data) == "picture-unknown", data[:20]


def test_too_small_and_too_large_are_refused() -> None:
    assert refused(picture((63, 900))) == "picture-small"
    assert refused(b"\xff" * (LARGEST_UPLOAD + 1)) == "picture-large"


def test_bomb_is_refused_before_it_goes_off() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10**6)))
        + chunk(b"IEND", b"")
    )
    assert refused(bomb) == "picture-large"


def test_fitted_keeps_its_shape_and_what_shines_through() -> None:
    read = Image.open(io.BytesIO(fitted(picture((800, 200), "PNG", "RGBA"), (400, 400))))
    assert read.size == (400, 100)
