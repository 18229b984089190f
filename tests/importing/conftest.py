"""A town with three villages and no parcels, fresh for every test, and the import as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geoapp.db import Database, Urls
from geoapp.importing.report import ImportReport
from geoapp.importing.run import Choices, run_import
from geoapp.migrations import runner
from geoapp.registry import Layers
from geoapp.services import write
from geoapp.services.write import Deed
from geoapp.settings import Settings
from geoapp.towns import Town, load_town
from tests.importing.made import VILLAGES

_numbers = count(1)
Bring = Callable[..., ImportReport]


@pytest.fixture(scope="session")
def town(settings: Settings) -> Town:
    return load_town(settings.town)


@pytest.fixture(scope="session")
def village_template(settings: Settings, layers: Layers, databases: Any, town: Town) -> str:
    """Migrated, with three villages."""
    name = "t_importing"
    made = Database(databases.clone("geoapp", name), settings.schema)
    runner.upgrade(made.owner, layers, settings.schema, town.extent)
    rows = [
        {
            "code": code,
            "name": label,
            "kind": "village",
            "status": "listed",
            "geom": shapely.box(116.7, 27.85, 116.85, 27.95).wkb,
        }
        for code, label in VILLAGES.items()
    ]
    project = {"code": "P01", "name": "工业园扩建", "status": "surveying", "geom": rows[0]["geom"]}
    with made.session() as session:
        write.create(session, layers["villages"], rows, Deed("test"))
        write.create(session, layers["projects"], [project], Deed("test"))
        session.commit()
    made.dispose()
    return name


@pytest.fixture
def urls(databases: Any, village_template: str) -> Iterator[Urls]:
    name = f"importing_{next(_numbers)}"
    yield databases.clone(village_template, name)
    with suppress(ProgrammingError):  # autovacuum may be in it, and may not be sent away by us
        databases.drop(name)


@pytest.fixture
def database(urls: Urls, settings: Settings) -> Iterator[Database]:
    made = Database(urls, settings.schema)
    yield made
    made.dispose()


@pytest.fixture
def bring(database: Database, layers: Layers, town: Town) -> Bring:
    """``bring(path, crs=…, encoding=…, project=…, dry_run=…, layer=…)``: the whole import path."""

    def run(path: Path, *, layer: str = "parcels", dry_run: bool = False, **choices: Any) -> ImportReport:
        return run_import(
            database, layers, town, layers[layer], path, choices=Choices(**choices), dry_run=dry_run, by="team"
        )

    return run


@pytest.fixture
def parcels(database: Database) -> Callable[[], list[Any]]:
    """The parcels in the database, by number."""

    def rows() -> list[Any]:
        with database.session() as session:
            return list(session.execute(text("SELECT * FROM parcel ORDER BY parcel_no")).all())

    return rows


@pytest.fixture
def untouched(database: Database) -> Callable[[], None]:
    """Assert that no parcel, ledger entry or operation of one exists."""

    def check() -> None:
        with database.session() as session:
            for table, where in (
                ("parcel", "true"),
                ("change", "layer = 'parcels'"),
                ("operation", "layer = 'parcels'"),
            ):
                assert session.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar() == 0, table

    return check
