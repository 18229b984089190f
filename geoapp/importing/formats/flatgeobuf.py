"""FlatGeobuf, read by GDAL in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoapp.importing.formats.cells import Texts
from geoapp.importing.reading.transfer import Raw, Refusal

TITLE = "FlatGeobuf"


def read(folder: Path, _options: Mapping[str, Any]) -> Raw:
    """All features; dates as ISO text."""
    import pyogrio.raw

    path = str(folder / "layer.fgb")
    try:
        expected = pyogrio.read_info(path, force_feature_count=True)["features"]
        facts, _, shapes, values = pyogrio.raw.read(path, force_2d=True, datetime_as_string=True)
    except Exception as error:
        raise Refusal("FlatGeobuf 损坏或被截断（{why}）。请重新导出", why=str(error)[:80]) from None
    if len(shapes) != expected:
        raise Refusal("只读出 {n} 个图形，文件里有 {records} 个。请在原软件中重新导出", n=len(shapes), records=expected)
    texts = Texts([str(name) for name in facts["fields"]])
    columns = [[None if v != v else v for v in column.tolist()] for column in values]
    for i in range(len(shapes)):
        texts.add([column[i] for column in columns])
    outlines = [None if shape is None else bytes(shape) for shape in shapes]
    declared = {"wkt": facts["crs"], "source": TITLE} if facts["crs"] else {}
    if declared and str(facts["crs"]).upper().startswith("EPSG:"):
        declared = {"srid": int(str(facts["crs"])[5:]), "source": TITLE}
    encoding = {"value": "UTF-8", "message": "{title} 规定使用 UTF-8", "values": {"title": TITLE}, "alternatives": []}
    return Raw(texts.columns, outlines, problems=texts.problems, declared=declared, encoding=encoding)
