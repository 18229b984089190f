"""``flask --app wsgi rates …``: books of compensation rates, from TOML or CSV."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from geoapp.cli import _me, migrate, running_database
from geoapp.db import database
from geoapp.services import rates

rates_group = AppGroup("rates", help="补偿价目 / compensation rates")


@rates_group.command("import", help="导入价目（TOML 或 CSV）/ import a book of rates")
@click.argument("layer")
@click.argument("path", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@with_appcontext
def rates_import(layer: str, path: Path) -> None:
    with running_database(), database().session() as session:
        migrate()
        chosen = current_app.extensions["layers"].get_or_404(layer)
        given = rates.read(path, rates.reckoning_of(chosen).lists)
        book = rates.add(session, chosen, given, _me())
        session.commit()
        click.echo(f"✓ {book.code} {book.effective_from} {book.sha256[:12]}")


@rates_group.command("list", help="列出价目 / list books of rates")
@click.argument("layer")
@with_appcontext
def rates_list(layer: str) -> None:
    with running_database(), database().session() as session:
        migrate()
        for book in rates.books(session, current_app.extensions["layers"].get_or_404(layer)):
            state = "" if book.official else "演示数据 非官方 / not official"
            click.echo(f"{book.code}\t{book.effective_from}\t{book.effective_to or ''}\t{book.title}\t{state}")
