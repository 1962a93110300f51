"""Static files and compression: addresses that change with the content, and fewest bytes on the wire."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import brotli
from flask import Flask, Response, current_app, request, url_for
from flask_compress import Compress
from markupsafe import Markup

from innovation_station.assembled import Assembled, takes_gzip
from innovation_station.i18n import language

A_YEAR = "public, max-age=31536000, immutable"
MACROS_KEPT = 256
View = TypeVar("View", bound=Callable[..., Any])
TEXT = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


def init_app(app: Flask) -> None:
    """Offer `static_url(name)` to templates, mark hashed answers immutable, compress what is safe to."""
    app.config["COMPRESS_REGISTER"] = False
    compress = Compress(app)
    app.extensions["station.static"] = {}
    app.extensions["station.macros"] = {}
    app.add_template_global(static_url)
    app.add_template_global(icon, "draw_icon")
    app.add_template_global(kept)

    @app.after_request
    def finish(response: Response) -> Response:
        if request.endpoint == "static":
            return _finish_static(response)
        # An answer that may repeat what somebody typed beside a form token stays as it is: the size of the compressed
        # page would tell the token (BREACH). So do pages that show a secret beside the query they were asked with, see
        # `shows_secret`; a form token alone is signed anew each second, which spoils the measuring.
        view = current_app.view_functions.get(request.endpoint or "")
        packs = request.method == "GET" and response.status_code == 200 and not getattr(view, "shows_secret", False)
        if isinstance(response, Assembled):
            response.put_together(packed_up=packs and takes_gzip(request.headers.get("Accept-Encoding", "")))
        return compress.after_request(response) if packs else response


def shows_secret(view: View) -> View:
    """Mark a view whose page shows a secret that lasts: it is never compressed, whatever else stands on it."""
    view.shows_secret = True  # type: ignore[attr-defined]
    return view


def _finish_static(response: Response) -> Response:
    """Send text packed as small as it gets, packed once a process: Flask-Compress would do it for every request."""
    if response.status_code in (200, 304):
        response.headers["Cache-Control"] = A_YEAR if "v" in request.args else "public, max-age=300"
    if response.status_code == 200 and response.mimetype in TEXT:
        response.vary.add("Accept-Encoding")
        encoding = request.accept_encodings.best_match(["br", "gzip"])
        if encoding and request.view_args:
            path = Path(current_app.static_folder or "") / request.view_args["filename"]
            response.direct_passthrough = False
            response.response.close()  # type: ignore[union-attr]  # the file, which nobody is going to read
            response.set_data(_packed(path, path.stat().st_mtime_ns, encoding))
            response.headers["Content-Encoding"] = encoding
            response.set_etag(response.get_etag()[0] or "", weak=True)
    return response


@lru_cache(maxsize=128)
def _packed(path: Path, _changed: int, encoding: str) -> bytes:
    data = path.read_bytes()
    return bytes(brotli.compress(data, quality=11)) if encoding == "br" else gzip.compress(data, 9, mtime=0)


def static_url(name: str) -> str:
    """Give the address of a static file with the hash of its content; made once a process, asked for all the time."""
    known: dict[str, str] = current_app.extensions["station.static"]
    key = f"{request.script_root}:{name}"
    if key not in known or current_app.debug:
        known[key] = url_for("static", filename=name, v=_version(Path(current_app.static_folder or "") / name))
    return known[key]


def icon(name: str, small: bool = False, label: str | None = None) -> Markup:
    """Draw a sign of static/icons.svg, 20 px wide, or 16 px as `small`; decoration unless it has a `label`."""
    return _icon(static_url("icons.svg"), name, small, label)


@lru_cache(maxsize=1024)
def _icon(sprite: str, name: str, small: bool, label: str | None) -> Markup:
    size, role = " i-s" if small else "", Markup('role="img" aria-label="{}"').format(label)
    return Markup('<svg class="i{}" {}><use href="{}#i-{}"/></svg>').format(
        size, role if label else Markup('aria-hidden="true"'), sprite, name
    )


Argument = str | int | None


def kept(macro: Callable[..., Markup], *values: Argument) -> Markup:
    """Call a macro once for its values and the language: for what looks the same on all pages and costs like a page."""
    template = macro._func.__code__.co_filename  # type: ignore[attr-defined]  # two may have macros of the same name
    key = (template, macro.name, language(), request.script_root, values)  # type: ignore[attr-defined]
    known: dict[object, Markup] = current_app.extensions["station.macros"]
    if key not in known or current_app.debug:
        if len(known) > MACROS_KEPT:
            known.clear()
        known[key] = macro(*values)
    return known[key]


def _version(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except FileNotFoundError:
        return "0"
