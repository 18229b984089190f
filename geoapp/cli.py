"""``flask --app wsgi …``: what operators and planners do from a terminal. Help is in Chinese and English."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict

from geoapp import accounts, demonstration
from geoapp.cluster import Cluster
from geoapp.db import Database, database
from geoapp.errors import GeoAppError
from geoapp.migrations import runner
from geoapp.postgres import ClusterError
from geoapp.queries import past as pasts
from geoapp.queries.reader import ROLES, SYSTEM
from geoapp.serve import ServeError, serve
from geoapp.services import backup, export, load_data
from geoapp.settings import Settings
from geoapp.web import asof, params

Command = TypeVar("Command", bound=Callable[..., Any])
db_group = AppGroup("db", help="数据库迁移 / database migrations")
user_group = AppGroup("user", help="账号 / accounts")


def init_app(app: Flask) -> None:
    """Attach the commands."""
    from geoapp.cli_handover import handover
    from geoapp.cli_ledger import ledger_group
    from geoapp.cli_rates import rates_group

    for command in (
        db_group,
        user_group,
        rates_group,
        ledger_group,
        handover,
        serve_command,
        seed,
        import_file,
        export_file,
        backup_to,
        restore_from,
    ):
        app.cli.add_command(command)


@contextmanager
def told() -> Iterator[None]:
    """Errors people can act on become one message and exit code 1."""
    try:
        yield
    except (GeoAppError, ClusterError, ServeError) as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"数据库 / database: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or ''} {error.strerror or error}".strip()) from error


@contextmanager
def running_database() -> Iterator[Database]:
    """The database, started for this command when nobody runs it yet, and at its newest migration."""
    settings: Settings = current_app.extensions["settings"]
    with told():
        cluster = None if settings.database_url else Cluster(settings.home)
        try:
            if cluster:
                cluster.start()
            yield database()
        finally:
            database().dispose()
            if cluster:
                cluster.stop()


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal; plain lines, a few for each step, otherwise."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield step


def _lines() -> Callable[[str, int, int], None]:
    shown: dict[str, int] = {}

    def step(what: str, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if tenth > shown.get(what, -1):
            shown[what] = tenth
            click.echo(f"{what} {done:,}/{total:,}", err=True)

    return step


def migrate(*, without_new: bool = False) -> None:
    """Bring the database to its newest form."""
    layers, town = current_app.extensions["layers"], current_app.extensions["town"]
    runner.upgrade(database().owner, layers, database().schema, town.extent, without_new=without_new)


@db_group.command("upgrade", help="迁移到最新 / migrate to the newest version")
@with_appcontext
def db_upgrade() -> None:
    with running_database():
        migrate()
    click.echo("✓ 数据库已是最新 / database is up to date")


@db_group.command("check", help="模型与数据库是否一致 / do models and database agree")
@with_appcontext
def db_check() -> None:
    with running_database() as found:
        migrate()
        problems = runner.pending(found.owner, found.schema) + runner.differences(found.owner, found.schema)
    for problem in problems:
        click.echo(f"✗ {problem}", err=True)
    if problems:
        raise click.ClickException("模型与数据库不一致 / models and database differ: script/migration")
    click.echo("✓ 一致 / no difference")


@db_group.command("revision", help="按模型生成迁移 / write a migration from the models")
@click.argument("message")
@click.option("--shared", is_flag=True, help="账号等共用表 / the shared tables")
@with_appcontext
def db_revision(message: str, shared: bool) -> None:
    with running_database() as found:
        migrate(without_new=True)
        made = runner.write_revision(found.owner, found.schema, message, "shared" if shared else "town")
    click.echo(str(made))


@click.command("serve", help="运行服务（含数据库）/ run the service with its database")
@with_appcontext
def serve_command() -> None:
    settings: Settings = current_app.extensions["settings"]
    with told():
        code = serve(
            settings,
            lambda: demonstration.prepare(current_app, migrate),
            ready=lambda: demonstration.announce(current_app),
        )
    sys.exit(code)


@click.command("seed", help="载入演示数据或压力数据 / load the demonstration town or load data")
@click.option("--scale", type=click.IntRange(1, 20_000_000), help="合成地块数 / number of synthetic features")
@with_appcontext
def seed(scale: int | None) -> None:
    with running_database(), progress() as step:
        migrate()
        made = demonstration.ensure(current_app, step)
        click.echo(f"✓ 演示数据 / demonstration town: {made or '已在 / present'}")
        if scale:
            app = current_app
            with database().session() as session:
                made = load_data.load(session, app.extensions["layers"], app.extensions["town"].extent, scale, step)
            click.echo(f"✓ 合成 / synthetic: {made:,}")


@click.command("import", help="导入文件（SHP/GDB zip、GPKG、GeoJSON、FGB、KML、DXF、TXT、XLSX、CSV）/ import a file")
@click.argument("layer")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--crs", help="坐标系，如 EPSG:4548、GCJ-02 / coordinate reference system")
@click.option("--encoding", help="文字编码，如 GB18030 / text encoding")
@click.option("--part", help="文件中的图层 / layer in the file")
@click.option("--project", help="归入项目编号 / put the rows into this project")
@click.option("--dry-run", is_flag=True, help="只预览，不写入 / preview, write nothing")
@with_appcontext
def import_file(
    layer: str, path: Path, crs: str | None, encoding: str | None, part: str | None, project: str | None, dry_run: bool
) -> None:
    from geoapp.importing.run import Choices, run_import

    app = current_app
    with running_database() as found, progress() as step:
        migrate()
        layers = app.extensions["layers"]
        report = run_import(
            found, layers, app.extensions["town"], layers.get_or_404(layer), path,
            choices=Choices(crs=crs, encoding=encoding, project=project, part=part), dry_run=dry_run, by=_me(), progress=step,
        )  # fmt: skip
    for line in report.lines("zh"):
        click.echo(line)
    if report.refused:
        raise click.ClickException("没有写入任何数据 / nothing was written")


@click.command("export", help="导出图层 / export a layer")
@click.argument("layer")
@click.option("--format", "fmt", type=click.Choice(list(export.formats())), default="geojson", show_default=True)
@click.option("--crs", default="EPSG:4326", show_default=True)
@click.option("--where", multiple=True, metavar="列=值", help="筛选，可重复 / filter, may be repeated")
@click.option("--as-of", metavar="日期", help="某日的状态，如 2026-06-30 / the state of a day")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def export_file(layer: str, fmt: str, crs: str, where: tuple[str, ...], as_of: str | None, output: Path) -> None:
    app = current_app
    pairs = [(name, value) for name, sign, value in (w.partition("=") for w in where) if sign]
    if len(pairs) < len(where):
        raise click.ClickException("--where 应写成 列=值 / write --where column=value")
    with running_database() as found, progress() as step:
        layers = app.extensions["layers"]
        day = pasts.of(asof.moment(as_of), layers.values()) if as_of else None
        chosen = layers.get_or_404(layer)
        with found.session() as session:
            kept, system = params.export_request(chosen, layers, MultiDict([*pairs, ("crs", crs)]), SYSTEM, session)
        n = export.export_to(
            output, found, layers, chosen, fmt, crs=system, where=kept, reader=SYSTEM, progress=step, past=day
        )
    click.echo(f"✓ {output} {n:,}")


@click.command("backup", help="备份到文件夹 / back up into a folder")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@with_appcontext
def backup_to(folder: Path) -> None:
    with running_database() as found:
        sheet = backup.backup(found, current_app.extensions["settings"].home, folder)
    click.echo(f"✓ {folder} {sum(sheet['rows'].values()):,} 行 / rows, sha256 {sheet['sha256'][:16]}…")


@click.command("restore", help="从备份恢复到空库 / restore a backup into an empty database")
@click.argument("folder", type=click.Path(exists=True, path_type=Path, file_okay=False))
@with_appcontext
def restore_from(folder: Path) -> None:
    with running_database() as found:
        sheet = backup.restore(found, current_app.extensions["settings"].home, folder)
        found.dispose()
        migrate()
    click.echo(f"✓ {sum(sheet['rows'].values()):,} 行 / rows")


@user_group.command("add", help="新建账号 / add an account")
@click.argument("name")
@click.option("--role", type=click.Choice(sorted(ROLES)), required=True)
@click.option("--display-name", default="")
@click.password_option()
@with_appcontext
def user_add(name: str, role: str, display_name: str, password: str) -> None:
    with running_database(), database().session() as session:
        migrate()
        accounts.add_user(session, name, role, password, display_name)
        session.commit()
    click.echo(f"✓ {name} ({role})")


@user_group.command("list", help="列出账号 / list accounts")
@with_appcontext
def user_list() -> None:
    with running_database(), database().session() as session:
        for user in accounts.list_users(session):
            state = "" if user.active else "停用 / disabled"
            click.echo(f"{user.username}\t{','.join(r.name for r in user.roles)}\t{user.display_name}\t{state}")


@user_group.command("disable", help="停用账号 / disable an account")
@click.argument("name")
@with_appcontext
def user_disable(name: str) -> None:
    with running_database(), database().session() as session:
        accounts.disable_user(session, name)
        session.commit()
    click.echo(f"✓ {name}")


@user_group.command("token", help="生成访问令牌，只显示一次 / make a token, shown once")
@click.argument("name")
@with_appcontext
def user_token(name: str) -> None:
    with running_database(), database().session() as session:
        token = accounts.make_token(session, name)
        session.commit()
    click.echo(token)


def _me() -> str:
    import getpass

    return f"cli:{getpass.getuser()}"
