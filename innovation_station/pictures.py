"""Pictures that people upload, made anew: never served as they came.

What is stored is drawn from the pixels alone, so nothing else of the file comes along: no place where it was taken, no
second picture, no script for a browser that guesses types.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from innovation_station.errors import Refusal, Refused

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_UPLOAD = 8 * 1024 * 1024
TYPE = "image/webp"
# What it is, is asked of its content; these are all the decoders that an upload can reach.
_FORMATS = ("JPEG", "PNG", "WEBP")
# A JPEG is decoded at an eighth of its size where that is enough; the others need four bytes for each of their pixels.
_MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
_SHORTEST_SIDE = 64
_QUALITY = 82
_decoding = threading.Semaphore(1)  # up to 80 MB each: a process takes on one at a time


def squares(data: bytes, sizes: Mapping[str, int], *, field: str = "photo") -> dict[str, bytes]:
    """Make square WebP pictures of an uploaded one, each of so many pixels a side, cut from its middle.

    `field` is the form's name for it. Raises Refused: `picture-large` (bytes or pixels), `picture-small`,
    `picture-unknown` for whatever is no picture.
    """
    if len(data) > LARGEST_UPLOAD:
        raise _too_large(field)
    with _decoding:
        picture = _decoded(data, max(sizes.values()), field)
        return {name: _square(picture, size) for name, size in sizes.items()}


def fitted(data: bytes, box: tuple[int, int], *, field: str = "logo") -> bytes:
    """Make a WebP picture that keeps its shape within a box of (width, height) pixels. Raises Refused as `squares`."""
    if len(data) > LARGEST_UPLOAD:
        raise _too_large(field)
    with _decoding:
        picture = _decoded(data, max(box), field, transparent=True)
        picture.thumbnail(box)
        return _written(picture)


def _too_large(field: str) -> Refused:
    return Refused([Refusal("picture-large", field, {"megabytes": LARGEST_UPLOAD // 1024**2})])


def _decoded(data: bytes, wanted: int, field: str, *, transparent: bool = False) -> Image:
    """Read the pixels, upright, after its header has said how many there are. Raises Refused."""
    # 12 MiB and a quarter of a second, for the one request in thousands that brings a picture
    from PIL import Image, ImageOps
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        if picture.width * picture.height > _MOST_PIXELS[picture.format or "PNG"]:
            raise _too_large(field)
        if min(picture.size) < _SHORTEST_SIDE:
            raise Refused([Refusal("picture-small", field, {"pixels": _SHORTEST_SIDE})])
        picture.draft("RGB", (wanted * 2, wanted * 2))
        upright = ImageOps.exif_transpose(picture)
        if transparent:
            return upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
        return _on_white(upright)
    except Refused:
        raise
    except (DecompressionBombError, DecompressionBombWarning):
        raise _too_large(field) from None
    except Exception:  # noqa: BLE001  a broken file makes a decoder raise whatever it likes, and says nothing of us
        raise Refused([Refusal("picture-unknown", field)]) from None


def _on_white(picture: Image) -> Image:
    """Give the picture without transparency: what shines through is white."""
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")


def _square(picture: Image, size: int) -> bytes:
    from PIL import ImageOps

    return _written(ImageOps.fit(picture, (size, size)))


def _written(picture: Image) -> bytes:
    picture.info.clear()
    file = io.BytesIO()
    with suppress(AttributeError):
        picture.getexif().clear()
    picture.save(file, "WEBP", quality=_QUALITY, method=4, exif=b"", icc_profile=None, xmp=b"")
    return file.getvalue()
