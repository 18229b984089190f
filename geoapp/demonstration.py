"""Prepares a served town: migrations, demonstration data and accounts; then says where it is."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from geoapp import accounts
from geoapp.db import Database
from geoapp.importing.seeding import load_file
from geoapp.services import rates, reckonings, seed
from geoapp.settings import Settings
from geoapp.towns import SEED_FOLDER


def prepare(app: Flask, migrate: Callable[[], None]) -> None:
    """Before the web server starts: the newest schema, and the demonstration town when the settings want it."""
    migrate()
    ensure(app, lambda what, done, total: None)
    database: Database = app.extensions["database"]
    database.dispose()


def ensure(app: Flask, progress: seed.Progress) -> int:
    """Seed an empty database; returns the number of features loaded, 0 when there was nothing to do."""
    settings: Settings = app.extensions["settings"]
    if settings.seed == "none":
        return 0
    database: Database = app.extensions["database"]
    made = 0
    with database.owner_session() as session:
        if not seed.seeded(session):
            load = load_file(app.extensions["layers"], app.extensions["town"])
            made = seed.seed(session, app.extensions["layers"], SEED_FOLDER, load, progress)
            for layer in app.extensions["layers"].values():
                if layer.reckoning is not None:
                    rates.add(session, layer, rates.read(SEED_FOLDER / "rates_demo.toml"), "admin")
                    reckonings.demonstrate(session, layer)
        accounts.ensure_demo_accounts(session)
        session.commit()
    return made


def announce(app: Flask) -> None:
    """Address, accounts and data folder, for whoever started the service."""
    settings: Settings = app.extensions["settings"]
    town = app.extensions["town"]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"\n{town.county}{town.name} · 征地拆迁一张图 / land acquisition map\n  http://{host}:{settings.port}\n")
    if settings.seed == "demo":
        print("  演示账号 / demonstration accounts:")
        for name, (password, role) in accounts.DEMO_ACCOUNTS.items():
            print(f"    {name:8} {password:20} {role}")
    where = "GEOAPP_DATABASE_URL" if settings.database_url else str(settings.home / "postgres")
    print(f"  数据 / data: {settings.home}    数据库 / database: {where}\n  Ctrl-C 停止 / to stop\n", flush=True)
