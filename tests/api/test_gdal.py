"""GDAL, and with it QGIS, reads every layer through the interface as our own export writes it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support import basic_client

READ = """
import json, sys, pyogrio
base, name, user = sys.argv[1:]
pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": user, "GDAL_HTTP_AUTH": "BASIC"})
frame = pyogrio.read_dataframe(f"OAPIF:{base}/api/", layer=name, use_arrow=False)
areas = float(frame["area_m2"].sum()) if "area_m2" in frame else 0.0
texts = sorted(str(t) for t in frame["status_label"].unique())
print(json.dumps([len(frame), areas, texts, [float(b) for b in frame.total_bounds]]))
"""


@pytest.mark.parametrize("layer_id", ["villages", "projects", "parcels", "illegal_structures", "pilot_villages"])
def test_gdal_reads_what_we_export(live_server, app, layer_id):
    done = subprocess.run(
        [sys.executable, "-c", READ, live_server, layer_id, "team:demo-team-2026"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    n, areas, labels, bounds = json.loads(done.stdout.strip().splitlines()[-1])
    ours = json.loads(basic_client(app, "team").get(f"/export/{layer_id}.geojson", buffered=True).get_data())[
        "features"
    ]
    assert n == len(ours) > 0
    assert areas == pytest.approx(sum(float(f["properties"].get("area_m2") or 0) for f in ours), rel=1e-12)
    assert labels == sorted({f["properties"]["status_label"] for f in ours})
    assert 116.6 < bounds[0] < bounds[2] < 117.1 and 27.7 < bounds[1] < bounds[3] < 28.1
