"""``flask --app wsgi handover``: the package that proves itself, from a terminal."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from werkzeug.datastructures import MultiDict

from geoapp.cli import running_database
from geoapp.queries.reader import SYSTEM
from geoapp.services.handover import package
from geoapp.web import params, printing


@click.command(
    "handover", help="交付包：TXT、GeoJSON、XLSX、红线图，读回比对 / files for the county, read back and compared"
)
@click.argument("layer")
@click.option("--where", multiple=True, metavar="列=值", help="筛选，可重复 / filter, may be repeated")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def handover(layer: str, where: tuple[str, ...], output: Path) -> None:
    app = current_app
    layers = app.extensions["layers"]
    pairs = [(name, value) for name, sign, value in (w.partition("=") for w in where) if sign]
    if len(pairs) < len(where):
        raise click.ClickException("--where 应写成 列=值 / write --where column=value")
    with running_database() as found, app.test_request_context("/"):
        chosen = layers.get_or_404(layer)
        with found.session() as session:
            kept = params.layer_filter(chosen, layers, MultiDict(pairs), SYSTEM, session)
        made = package.make(found, layers, chosen, kept, SYSTEM, printing.words())
        output.write_bytes(made.content)
    for finding in made.findings:
        click.echo(f"✓ {finding.title} {finding.compared:,} {finding.worst}")
    click.echo(f"✓ {output} {made.n:,}")
