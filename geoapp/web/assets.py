"""Scripts and styles under one address that changes with their content, so that browsers keep them for good.

The version is in the path: a module's relative imports stay within the same version, and no page mixes two.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request
from markupsafe import Markup
from werkzeug.security import safe_join

from geoapp import ROOT
from geoapp.errors import NotFound
from geoapp.queries.reader import Right
from geoapp.web.access import access

FOLDER = ROOT / "geoapp" / "static"
KEPT = "public, max-age=31536000, immutable"
PACKED = {".js", ".css", ".svg"}
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
bp = Blueprint("assets", __name__)


def init_app(app: Flask) -> None:
    """Give templates ``asset("css/base.css")``, ``modules("js/map")`` and the filter ``script_json``."""
    app.jinja_env.globals.update(asset=asset, modules=modules)
    app.jinja_env.filters["script_json"] = script_json


@lru_cache(maxsize=1)
def version() -> str:
    """A digest of every served file."""
    seen = hashlib.sha256()
    for path in sorted(p for p in FOLDER.rglob("*") if p.is_file()):
        seen.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()[:12]


def asset(name: str) -> str:
    """Address of a file below ``static``."""
    return f"/assets/{version()}/{name}"


def modules(folder: str) -> list[str]:
    """Addresses of a folder's scripts, for ``modulepreload``: one round trip instead of one for each level of imports."""
    return [asset(p.relative_to(FOLDER).as_posix()) for p in sorted((FOLDER / folder).glob("*.js"))]


def script_json(value: Any) -> Markup:
    """JSON (or text that is JSON) for a ``<script type="application/json">``: no character can end the element."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for found, written in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(found, written)
    return Markup(text)  # noqa: S704 — nothing that could end the element is left


@bp.get("/assets/<asked>/<path:name>")
@access(Right.PUBLIC)
def file(asked: str, name: str) -> Response:
    """A file; for good under the present version, and never kept under another."""
    found = _read(name)
    if found is None:
        raise NotFound("没有这个文件")
    body, packed, mimetype = found
    zipped = packed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(packed if zipped else body, mimetype=mimetype)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = KEPT if asked == version() else "no-store"
    return response


@lru_cache(maxsize=256)
def _read(name: str) -> tuple[bytes, bytes | None, str] | None:
    path = Path(safe_join(str(FOLDER), name) or "")
    if not name or not path.is_file():
        return None
    body = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return body, gzip.compress(body, 9, mtime=0) if path.suffix in PACKED else None, kind
