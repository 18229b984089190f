"""Files of a layer: bytes from a read-only snapshot, in constant memory.

The first features are fetched before the first byte leaves, so that a failing query is a proper error and no torn file.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geoapp.crs import Crs
from geoapp.db import Database
from geoapp.errors import Busy, NotFound
from geoapp.layer import Layer
from geoapp.orm import LayerRevision
from geoapp.queries.filtering import EVERYTHING, Filter, conditions
from geoapp.queries.geojson import Wanted, Writing
from geoapp.queries.past import Past
from geoapp.queries.reader import Reader
from geoapp.services import export_formats
from geoapp.services.export_formats.form import Format, Piece

BIG = 20_000
"""Features from which an export takes one of the slots."""
SLOTS = threading.BoundedSemaphore(2)
WAIT_S = 2.0
GZIP = 31
"""zlib's window argument for a gzip wrapper."""


@cache
def formats() -> Mapping[str, Format]:
    """Every format by extension: the modules of export_formats that have a ``FORMAT``."""
    found: dict[str, Format] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(export_formats.__path__)):
        declared = getattr(importlib.import_module(f"{export_formats.__name__}.{module}"), "FORMAT", None)
        if isinstance(declared, Format):
            found |= dict.fromkeys(declared.extensions, declared)
    return dict(sorted(found.items(), key=lambda one: (one[1].order, one[1].extensions.index(one[0]))))


def format_or_404(extension: str) -> Format:
    """The format of an extension, or NotFound naming the ones there are."""
    if extension not in formats():
        raise NotFound("没有导出格式“{extension}”，可用：{known}", extension=extension, known="、".join(formats()))
    return formats()[extension]


class Download:
    """The bytes of one export. Iterate once; ``close`` stops the query and gives everything back.

    ``ended`` is called once with the number of features that left, whether or not the reader stayed to the end.
    """

    def __init__(
        self, database: Database, wanted: Wanted, form: Format, ended: Callable[[int], None], past: Past | None = None
    ) -> None:
        self.n = 0
        self._ended = ended
        self._stack = ExitStack()
        try:
            self._stack.enter_context(_slot(database, wanted.layer))
            connection = self._stack.enter_context(database.reading(past))
            pieces = form.write(connection, wanted)
            self._stack.callback(pieces.close)
            self._waiting = list(_until_a_feature(pieces))
            self._pieces = pieces
        except BaseException:
            self._stack.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._waiting.pop(0) if self._waiting else next(self._pieces, None)
        if piece is None:
            self.close()
            raise StopIteration
        self.n += piece.n
        return piece.body

    def close(self) -> None:
        """Safe to call twice."""
        stack, self._stack = self._stack, ExitStack()
        stack.close()
        ended, self._ended = self._ended, _nothing
        ended(self.n)


def _nothing(_n: int) -> None:
    return None


def _until_a_feature(pieces: Iterator[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        yield piece
        if piece.n:
            return


@contextmanager
def _slot(database: Database, layer: Layer) -> Iterator[None]:
    """Big exports wait for each other: they must not take every core and connection."""
    with database.read.connect() as connection:
        n = connection.scalar(select(LayerRevision.n).where(LayerRevision.layer == layer.id)) or 0
    if n < BIG:
        yield
        return
    if not SLOTS.acquire(timeout=WAIT_S):
        raise Busy("正在进行的大批量导出较多，请一分钟后再试", extra={"retry_after": 60})
    try:
        yield
    finally:
        SLOTS.release()


def zipped(body: Download) -> Iterator[bytes]:
    """The same bytes in gzip at its fastest level; closing it closes ``body``."""
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    try:
        for piece in body:
            packed = packer.compress(piece)
            if packed:
                yield packed
        yield packer.flush()
    finally:
        body.close()


def counted(session: Session, layer: Layer, where: Filter, reader: Reader) -> int:
    """How many features a filter keeps."""
    return session.scalar(select(func.count()).select_from(layer.table).where(conditions(layer, where, reader))) or 0


def export_to(
    target: Path | str | BinaryIO,
    database: Database,
    layers: Mapping[str, Layer],
    layer: Layer,
    extension: str,
    *,
    crs: Crs,
    reader: Reader,
    where: Filter = EVERYTHING,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    past: Past | None = None,
) -> int:
    """Write a file and return its number of features; a failed export leaves nothing behind."""
    form = format_or_404(extension)
    with database.reading(past) as connection, Session(connection) as session:
        total = counted(session, layer, where, reader)
    with _arriving(target) as file:
        download = Download(database, Wanted(layer, layers, where, reader, Writing(crs)), form, _nothing, past)
        try:
            for body in download:
                file.write(body)
                progress(layer.title, download.n, total)
        finally:
            download.close()
    return download.n


@contextmanager
def _arriving(target: Path | str | BinaryIO) -> Iterator[BinaryIO]:
    """A file under a temporary name beside the target, renamed when all went well."""
    if not isinstance(target, (str, Path)):
        yield target
        return
    path = Path(target)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield cast(BinaryIO, file)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
