"""Puts the parts of the application together. No logic of its own."""

from __future__ import annotations

from flask import Flask

from geoapp import ROOT, accounts, cli, db
from geoapp.db import Database, Urls
from geoapp.errors import DeclarationError
from geoapp.registry import Layers
from geoapp.secrets import secret_key
from geoapp.settings import Settings
from geoapp.towns import load_town
from geoapp.web import access, asof, assets, blueprints, headers, i18n, json, office, problems


def build(settings: Settings, layers: Layers, urls: Urls | None) -> Flask:
    """See geoapp.create_app."""
    app = Flask("geoapp", root_path=str(ROOT / "geoapp"), template_folder=str(ROOT / "templates"))
    app.config.update(SECRET_KEY=secret_key(settings), MAX_CONTENT_LENGTH=256 * 2**20, JSON_SORT_KEYS=False)
    app.extensions.update(
        settings=settings,
        layers=layers,
        town=load_town(settings.town),
        database=Database(urls or addresses(settings), settings.schema),
    )
    app.teardown_appcontext(db.close_session)
    for part in (i18n, assets, problems, headers, accounts.login, json):
        part.init_app(app)
    app.before_request(access.enforce)
    app.before_request(asof.settle)
    app.before_request(office.settle)
    app.teardown_request(office.leave)
    blueprints.register(app)
    cli.init_app(app)
    if missing := access.undeclared(app):
        raise DeclarationError(f"routes without declared access: {', '.join(missing)}")
    return app


def addresses(settings: Settings) -> Urls:
    """Addresses of the external database, or those the embedded one will have once it runs."""
    if settings.database_url:
        return Urls(settings.database_url, settings.database_url, settings.read_database_url)
    from geoapp.cluster import Cluster

    found = Cluster(settings.home).urls()
    return Urls(found.owner_url, found.app_url, settings.read_database_url)
