"""Brings a database to the head: shared schema first, then the town's, then the ledger's triggers and grants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, Engine, MetaData, text

from geoapp import file_tables, ledger, money_tables, office_tables, report_tables
from geoapp.accounts.tables import SharedBase
from geoapp.db import SHARED_SCHEMA
from geoapp.orm import Base
from geoapp.registry import Layers
from geoapp.towns import Bbox

FOLDER = Path(__file__).resolve().parent
SCOPES = {"shared": "shared_versions", "town": "versions"}
TARGETS: dict[str, Callable[[], MetaData]] = {"shared": lambda: SharedBase.metadata, "town": lambda: Base.metadata}
TABLES = (file_tables, money_tables, office_tables, report_tables)
"""Tables of the engine besides the layers': importing them declares them."""
LOCK = 7_361_027_100
LOCK_TIMEOUT = "15s"


def upgrade(engine: Engine, layers: Layers, schema: str, extent: Bbox, *, without_new: bool = False) -> None:
    """Migrate both schemas to their heads and lay the ledger; one transaction, one runner at a time.

    ``without_new`` leaves out layers that no migration has made yet, so that a migration can be written for them.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        _prepare(connection, schema)
        for scope, name in (("shared", SHARED_SCHEMA), ("town", schema)):
            command.upgrade(config(connection, scope, name), "head")
        connection.execute(text(f'SET LOCAL search_path = "{schema}", {SHARED_SCHEMA}, public'))
        there = [x for x in layers.values() if not without_new or _exists(connection, x.table.name)]
        ledger.lay(connection, there, extent)
        _grant_shared(connection)


def _exists(connection: Connection, table: str) -> bool:
    return connection.execute(text("SELECT to_regclass(:t) IS NOT NULL"), {"t": table}).scalar_one() is True


def pending(engine: Engine, schema: str) -> list[str]:
    """Scopes whose schema is not at its head."""
    behind = []
    with engine.connect() as connection:
        for scope, name in (("shared", SHARED_SCHEMA), ("town", schema)):
            head = ScriptDirectory.from_config(config(connection, scope, name)).get_current_head()
            context = MigrationContext.configure(connection, opts={"version_table_schema": name})
            if context.get_current_revision() != head:
                behind.append(scope)
    return behind


def write_revision(engine: Engine, schema: str, message: str, scope: str) -> Path:
    """Write the next numbered migration from what the models say; returns its file."""
    name = SHARED_SCHEMA if scope == "shared" else schema
    with engine.begin() as connection:
        made = config(connection, scope, name)
        number = len(list(ScriptDirectory.from_config(made).walk_revisions())) + 1
        script = command.revision(made, message, autogenerate=True, rev_id=f"{number:04}")
    if script is None or isinstance(script, list):
        raise RuntimeError("no single migration was written")
    return Path(script.path)


def differences(engine: Engine, schema: str) -> list[str]:
    """What the models say and the migrated database does not; empty when they agree."""
    found = []
    with engine.connect() as connection:
        for scope, name in (("shared", SHARED_SCHEMA), ("town", schema)):
            connection.execute(text(f'SET LOCAL search_path = "{name}", public'))
            context = MigrationContext.configure(
                connection,
                opts={"include_object": _only_declared, "version_table_schema": name, "compare_type": True},
            )
            found += [str(d) for d in compare_metadata(context, TARGETS[scope]())]
            connection.rollback()
    return found


def config(connection: Connection, scope: str, schema: str) -> Config:
    """An Alembic configuration for one scope on an open connection."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "newline")
    made.set_main_option("version_locations", str(FOLDER / SCOPES[scope]).replace("%", "%%"))
    made.attributes.update(connection=connection, scope=scope, schema=schema)
    connection.execute(text(f'SET LOCAL search_path = "{schema}", public'))
    return made


def _only_declared(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    if kind == "table" and reflected and compare_to is None:
        return False
    return bool(alembic_helpers.include_object(obj, name, kind, reflected, compare_to))


def _prepare(connection: Connection, schema: str) -> None:
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    for name in (SHARED_SCHEMA, schema):
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{name}"'))
    if not connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :r"), {"r": ledger.APP_ROLE}).scalar():
        connection.execute(text(f"CREATE ROLE {ledger.APP_ROLE}"))
        connection.execute(text(f"GRANT {ledger.APP_ROLE} TO CURRENT_USER"))


def _grant_shared(connection: Connection) -> None:
    connection.execute(text(f"GRANT USAGE ON SCHEMA {SHARED_SCHEMA} TO {ledger.APP_ROLE}"))
    connection.execute(
        text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SHARED_SCHEMA} TO {ledger.APP_ROLE}")
    )
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SHARED_SCHEMA} TO {ledger.APP_ROLE}"))
    connection.execute(text(f"REVOKE UPDATE, DELETE ON {SHARED_SCHEMA}.access_log FROM {ledger.APP_ROLE}"))
