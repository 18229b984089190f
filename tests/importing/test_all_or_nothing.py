"""An import killed at any moment leaves all of its rows or none."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from geoapp.db import Urls
from geoapp.settings import Settings
from tests.importing import made

RUN = """
import sys
from pathlib import Path
import layers
from geoapp.db import Database, Urls
from geoapp.importing.run import run_import
from geoapp.registry import load_layers
from geoapp.towns import load_town
owner, app, schema, town, path = sys.argv[1:]
found = load_layers(layers)
def said(what, done, total):
    print(what, done, flush=True)
database = Database(Urls(owner, app), schema)
run_import(database, found, load_town(town), found["parcels"], Path(path), by="team", progress=said)
print("done", flush=True)
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("round_", range(4))
def test_kill_9_leaves_all_or_nothing(round_, urls: Urls, settings: Settings, database, layers, tmp_path) -> None:
    path = made.gpkg(tmp_path / "a.gpkg", made.cadastre(400))
    command = [sys.executable, "-c", RUN, urls.owner, urls.app, settings.schema, settings.town, str(path)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith("写入"):
            break
    time.sleep(random.uniform(0, 0.5) * round_ / 3)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    with database.session() as session:
        session.execute(
            text("SELECT 1 FROM layer_revision WHERE layer = 'parcels' FOR UPDATE")
        )  # until the backend is gone
        rows = session.execute(text("SELECT count(*) FROM parcel")).scalar()
        entries = session.execute(text("SELECT count(*) FROM change WHERE layer = 'parcels'")).scalar()
        operations = session.execute(text("SELECT count(*) FROM operation WHERE layer = 'parcels'")).scalar()
    assert (rows, entries, operations) in ((0, 0, 0), (400, 400, 1))
