"""A real PostGIS for the whole run: one private cluster, an empty town and the demonstration town as templates."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool
from werkzeug.serving import make_server

import layers as layer_package
from geoapp import create_app
from geoapp.cluster import Cluster
from geoapp.db import Database, Urls
from geoapp.registry import Layers, load_layers
from geoapp.settings import Settings
from tests.support import basic_client, logged_in

_numbers = count(1)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A data folder that an unprivileged database user can reach."""
    made = Path(tempfile.mkdtemp(prefix="geoapp-test-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def layers() -> Layers:
    return load_layers(layer_package)


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    return Settings(home=home, secret_key="test-secret-key-for-the-whole-run")


@pytest.fixture(scope="session")
def cluster_urls(home: Path) -> Iterator[Urls]:
    cluster = Cluster(home, durable=False)
    found = cluster.start()
    yield Urls(found.owner_url, found.app_url)
    cluster.stop()


class Databases:
    """Makes databases by cloning a template, which takes a tenth of a second."""

    def __init__(self, urls: Urls) -> None:
        self.urls = urls
        self._engine = create_engine(
            make_url(urls.owner).set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )

    def clone(self, template: str, name: str) -> Urls:
        with self._engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return Urls(*(_at(url, name) for url in (self.urls.owner, self.urls.app)))

    def drop(self, name: str) -> None:
        with self._engine.connect() as connection:
            for _ in range(50):  # the server's own vacuum may look in for a moment
                try:
                    connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
                    return
                except ProgrammingError:
                    time.sleep(0.1)


def _at(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def databases(cluster_urls: Urls) -> Databases:
    return Databases(cluster_urls)


def _prepared(settings: Settings, layers: Layers, urls: Urls, *, demo: bool) -> None:
    """Migrate a database, and seed it when it is to hold the demonstration town."""
    from geoapp import demonstration
    from geoapp.migrations import runner

    app = create_app(settings, layers, urls)
    database: Database = app.extensions["database"]
    with app.app_context():
        runner.upgrade(database.owner, layers, database.schema, app.extensions["town"].extent)
        if demo:
            demonstration.ensure(app, lambda *_: None)
    database.dispose()


@pytest.fixture(scope="session")
def empty_template(settings: Settings, layers: Layers, databases: Databases) -> str:
    """Migrated, with the demonstration accounts, without a feature."""
    urls = databases.clone("geoapp", "t_empty")
    _prepared(settings, layers, urls, demo=False)
    app = create_app(settings, layers, urls)
    from geoapp import accounts

    with app.app_context(), app.extensions["database"].owner_session() as session:
        accounts.ensure_demo_accounts(session)
        session.commit()
    app.extensions["database"].dispose()
    return "t_empty"


@pytest.fixture(scope="session")
def demo_template(settings: Settings, layers: Layers, databases: Databases, empty_template: str) -> str:
    """The demonstration town with its history."""
    _prepared(settings, layers, databases.clone(empty_template, "t_demo"), demo=True)
    return "t_demo"


@pytest.fixture(scope="session")
def app(settings: Settings, layers: Layers, databases: Databases, demo_template: str) -> Iterator[Flask]:
    """The demonstration town, for reading only: every test sees the same."""
    made = create_app(settings, layers, databases.clone(demo_template, "demo"))
    yield made
    made.extensions["live"].close()
    made.extensions["database"].dispose()


def _own(settings: Settings, layers: Layers, databases: Databases, template: str) -> Iterator[Flask]:
    name = f"own_{next(_numbers)}"
    made = create_app(settings, layers, databases.clone(template, name))
    yield made
    made.extensions["live"].close()
    made.extensions["database"].dispose()
    databases.drop(name)


@pytest.fixture
def fresh_app(settings: Settings, layers: Layers, databases: Databases, empty_template: str) -> Iterator[Flask]:
    """A town without a feature, for this test alone."""
    yield from _own(settings, layers, databases, empty_template)


@pytest.fixture
def demo_app(settings: Settings, layers: Layers, databases: Databases, demo_template: str) -> Iterator[Flask]:
    """The demonstration town, for this test alone."""
    yield from _own(settings, layers, databases, demo_template)


@pytest.fixture(scope="session")
def client_for() -> Callable[[Flask, str], FlaskClient]:
    """``client_for(app, "viewer")``: a browser session of a demonstration account."""
    return logged_in


@pytest.fixture(scope="session")
def api_for() -> Callable[[Flask, str], FlaskClient]:
    """``api_for(app, "planner")``: a script with HTTP Basic."""
    return basic_client


@pytest.fixture(scope="session")
def live_server(app: Flask) -> Iterator[str]:
    """Base address of the demonstration town over HTTP on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
