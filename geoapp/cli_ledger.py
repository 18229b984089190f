"""``flask --app wsgi ledger …``: is the ledger whole?"""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from geoapp.cli import migrate, running_database
from geoapp.services import ledger_check

ledger_group = AppGroup("ledger", help="操作记录 / the ledger of changes")


@ledger_group.command("verify", help="逐条核对记录链 / reckon every link of the chain anew")
@with_appcontext
def ledger_verify() -> None:
    broken = 0
    with running_database() as found:
        migrate()
        with found.owner.connect() as connection:
            for layer in current_app.extensions["layers"].values():
                chain = ledger_check.check(connection, layer)
                mark = "✗" if chain.problems else "✓"
                click.echo(
                    f"{mark} {layer.id}\t{chain.entries:,} 条 / entries\t{chain.links:,} 环 / links\t{chain.digest}"
                )
                for problem in chain.problems:
                    click.echo(f"    {problem}", err=True)
                broken += len(chain.problems)
    if broken:
        raise click.ClickException("记录链不完整 / the chain is broken")
