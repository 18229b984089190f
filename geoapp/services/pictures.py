"""What a file brought to a feature really is, judged by its content; the smaller pictures that pages show.

Pictures lie under their SHA-256: the original as it came, a view without the camera's data, a thumbnail.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from geoapp.errors import InvalidEdit, TooLarge
from geoapp.said import said

MOST_BYTES = 25 * 2**20
MOST_PIXELS = 80_000_000
VIEW_PX, THUMBNAIL_PX = 2000, 360
TOWN_TIME = ZoneInfo("Asia/Shanghai")
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PDF = "application/pdf"
FOLDER = "attachments"
AT_ONCE = threading.BoundedSemaphore(2)
"""Pictures a process looks at together: each may take 300 MB for a moment."""
PARTS = {"original": "", "view": ".view.jpg", "thumb": ".thumb.jpg"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in its place, with what its content says."""

    kind: str
    media_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


def place(home: Path, sha256: str, part: str = "original") -> Path:
    """Where a file lies; ``part`` is original, view or thumb."""
    return home / FOLDER / sha256[:2] / (sha256 + PARTS[part])


def store(home: Path, stream: BinaryIO, name: str) -> Stored:
    """Keep a photo or PDF under its SHA-256. Raises InvalidEdit for anything else and TooLarge past 25 MiB."""
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft_name = tempfile.mkstemp(dir=folder, prefix=".coming-")
    draft = Path(draft_name)
    try:
        with os.fdopen(handle, "wb") as target:
            size, sha256 = _copied(stream, target, name)
        with AT_ONCE:
            found = _judged(draft, size, sha256, name)
            if found.kind == "photo":
                _smaller(draft, home, sha256)
        final = place(home, sha256)
        final.parent.mkdir(mode=0o700, exist_ok=True)
        draft.replace(final)
        return found
    finally:
        draft.unlink(missing_ok=True)


def _copied(stream: BinaryIO, target: Any, name: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while block := stream.read(1 << 20):
        size += len(block)
        if size > MOST_BYTES:
            raise TooLarge("“{name}”超过 25 MB，请压缩后再传", name=name)
        digest.update(block)
        target.write(block)
    if not size:
        raise InvalidEdit({"file": said("“{name}”是空文件", name=name)})
    return size, digest.hexdigest()


def _judged(path: Path, size: int, sha256: str, name: str) -> Stored:
    with path.open("rb") as opened:
        start = opened.read(16)
    if start.startswith(b"%PDF-"):
        return Stored("document", PDF, size, sha256)
    if start[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheif"):
        raise InvalidEdit(
            {"file": said("“{name}”是 HEIC 照片。请在手机相机设置里选“兼容性最好”，或另存为 JPG", name=name)}
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(path, formats=list(FORMATS)) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise InvalidEdit({"file": said("“{name}”像素过多，请缩小后再传", name=name)})
                image.load()
                taken, lon, lat = _exif(image)
                return Stored(
                    "photo", FORMATS[str(image.format)], size, sha256, image.width, image.height, taken, lon, lat
                )
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning) as error:
        if isinstance(error, InvalidEdit):
            raise
        raise InvalidEdit({"file": said("“{name}”不是可用的照片或 PDF；支持 JPG、PNG、WebP、PDF", name=name)}) from None


def _exif(image: Image.Image) -> tuple[datetime | None, float | None, float | None]:
    """Time and place a camera wrote; nothing when they are missing or make no sense."""
    try:
        exif = image.getexif()
        detail, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
        text = str(detail.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime) or "")
        taken = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=TOWN_TIME) if text else None
    except (ValueError, OSError, SyntaxError, KeyError, TypeError):
        return None, None, None
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef, "N") == "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef, "E") == "W")
    except (ValueError, KeyError, TypeError, ZeroDivisionError):
        return taken, None, None
    there = -90 <= lat <= 90 and -180 <= lon <= 180 and (lat, lon) != (0, 0)
    return taken, lon if there else None, lat if there else None


def _degrees(parts: Any, negative: bool) -> float:
    degrees, minutes, seconds = (float(p) for p in parts)
    found = degrees + minutes / 60 + seconds / 3600
    return -found if negative else found


def _smaller(path: Path, home: Path, sha256: str) -> None:
    with Image.open(path, formats=list(FORMATS)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
        for part, side in (("view", VIEW_PX), ("thumb", THUMBNAIL_PX)):
            upright.thumbnail((side, side))
            target = place(home, sha256, part)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            draft = target.with_suffix(".new")
            upright.save(draft, "JPEG", quality=84, optimize=True)
            draft.replace(target)
