"""Backup and restore of one town: a PostgreSQL archive, the uploaded files, and a sheet to check them against."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url, text

from geoapp.db import SHARED_SCHEMA, Database
from geoapp.errors import Conflict, GeoAppError
from geoapp.postgres import Programs
from geoapp.services import ledger_check

ARCHIVE, SHEET, FILES = "database.dump", "backup.json", "attachments"


class BackupFailed(GeoAppError):
    title = "备份或恢复失败"


def backup(database: Database, home: Path, target: Path) -> Mapping[str, Any]:
    """Write an archive into ``target`` (made when missing); returns the check sheet.

    Raises Conflict when the folder already holds a backup and BackupFailed with the program's own words.
    """
    if (target / SHEET).exists():
        raise Conflict("{folder} 里已有一份备份，请换一个文件夹", folder=str(target))
    target.mkdir(parents=True, exist_ok=True)
    with database.owner.connect() as connection:
        counted = counts(connection, database.schema)
        chains = _chains(connection)
    _run("pg_dump", database, "-Fc", "-f", str(target / ARCHIVE), "-n", database.schema, "-n", SHARED_SCHEMA)
    if (home / FILES).exists():
        shutil.copytree(home / FILES, target / FILES, dirs_exist_ok=True)
    sheet = {
        "schema": database.schema,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": _sha256(target / ARCHIVE),
        "rows": counted,
        "ledger": chains,
    }
    (target / SHEET).write_text(json.dumps(sheet, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return sheet


def restore(database: Database, home: Path, source: Path) -> Mapping[str, Any]:
    """Put a backup back into an empty database; refuses one that holds ledger entries. Checks sums and row counts after."""
    sheet: dict[str, Any] = json.loads((source / SHEET).read_text(encoding="utf-8"))
    if _sha256(source / ARCHIVE) != sheet["sha256"]:
        raise BackupFailed("备份文件校验和不符，文件已损坏")
    with database.owner.connect() as connection:
        held = connection.execute(text("SELECT to_regclass('change') IS NOT NULL")).scalar()
        if held and connection.execute(text("SELECT EXISTS (SELECT 1 FROM change)")).scalar():
            raise Conflict("数据库不是空的：请在新的 GEOAPP_HOME 或空库中恢复")
    _run(
        "pg_restore",
        database,
        "--clean",
        "--if-exists",
        "--exit-on-error",
        "--single-transaction",
        str(source / ARCHIVE),
    )
    if (source / FILES).exists():
        shutil.copytree(source / FILES, home / FILES, dirs_exist_ok=True)
    with database.owner.connect() as connection:
        found = counts(connection, database.schema)
        if _chains(connection) != sheet.get("ledger", {}):
            raise BackupFailed("恢复后的操作记录与备份清单上的指纹不符")
    if found != sheet["rows"]:
        raise BackupFailed("恢复后的行数与备份清单不符")
    return sheet


def _chains(connection: Connection) -> dict[str, str]:
    """Newest digest of every layer's ledger: kept outside the database, it shows a chain rewritten as a whole."""
    if not connection.execute(text("SELECT to_regclass('seal') IS NOT NULL")).scalar():
        return {}
    return ledger_check.heads(connection)


def counts(connection: Connection, schema: str) -> dict[str, int]:
    """Rows of every table of the town."""
    names = connection.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY 1"), {"schema": schema}
    ).scalars()
    return {name: connection.execute(text(f'SELECT count(*) FROM "{schema}"."{name}"')).scalar_one() for name in names}


def _run(program: str, database: Database, *arguments: str) -> None:
    url = make_url(database.urls.owner).set(drivername="postgresql")
    command = [str(Programs.find(None)[program]), "-d", url.render_as_string(hide_password=False), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BackupFailed("{program}：{said}", program=program, said=done.stderr.strip()[-800:])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
