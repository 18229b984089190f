"""Communities and administrative villages, valid in time: the 2012 and the 2023 list of the town's units."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import Date, Text
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.layer import Layer, Rollup, Status, Style
from geoapp.orm import Feature, choices, geometry

KINDS = {"community": "社区", "village": "行政村"}


class Village(Feature):
    __tablename__ = "village"

    code: Mapped[str] = mapped_column(Text, unique=True, comment="区划代码")
    name: Mapped[str] = mapped_column(Text, unique=True, comment="名称")
    official_name: Mapped[str | None] = mapped_column(Text, comment="全称")
    kind: Mapped[str] = mapped_column(Text, comment="类别", info=choices(KINDS))
    valid_from: Mapped[date | None] = mapped_column(Date, comment="列入日期")
    valid_to: Mapped[date | None] = mapped_column(Date, comment="撤销日期")
    population: Mapped[int | None] = mapped_column(comment="人口")
    households: Mapped[int | None] = mapped_column(comment="户数")
    group_count: Mapped[int | None] = mapped_column(comment="村小组数")
    council_members: Mapped[int | None] = mapped_column(comment="理事人数")
    party_branches: Mapped[int | None] = mapped_column(comment="党支部数")
    party_members: Mapped[int | None] = mapped_column(comment="党员人数")
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


LAYER = Layer(
    id="villages",
    title="村（社区）",
    model=Village,
    key="code",
    label="name",
    menu=40,
    statuses=(Status("listed", "在册", "#5B6B7A"), Status("dissolved", "已撤销", "#9AA5B1", counts=False)),
    card=("name", "code", "kind", "population", "households", "group_count", "council_members"),
    columns=("code", "name", "kind", "population", "group_count", "council_members", "status"),
    filters=("kind",),
    search=("code", "name"),
    rollups=(
        Rollup("parcels", by="village", weight="area_mu", done=("delivered",)),
        Rollup("illegal_structures", by="village", weight="building_area_m2", done=("removed",)),
        Rollup("pilot_villages", by="village"),
    ),
    style=Style("boundary", order=10, min_zoom=8),
    import_columns={
        "区划代码": "code",
        "名称": "name",
        "全称": "official_name",
        "类别": "kind",
        "人口": "population",
        "户数": "households",
        "村小组数": "group_count",
    },
    example={"code": "361027100210", "name": "里吴村", "kind": "village", "population": 3000, "status": "listed"},
)
