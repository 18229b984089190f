"""Land to be acquired: one row a household's parcel, with its step in the acquisition procedure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.layer import Figure, Layer, Reference, Style
from geoapp.orm import PERSONAL_NAME, DenseFeature, area_ellip_m2, area_m2, area_mu, choices, geometry
from layers.parcels.compensation import RECKONING
from layers.parcels.land_class import LAND_CLASSES, land_class
from layers.parcels.rules import WORKFLOW
from layers.parcels.status import LEGEND, STATUSES


class Parcel(DenseFeature):
    __tablename__ = "parcel"
    __table_args__ = (CheckConstraint("area_paper_mu > 0", name="area_paper_mu"),)

    parcel_no: Mapped[str] = mapped_column(Text, unique=True, comment="地块编号")
    project: Mapped[str | None] = mapped_column(ForeignKey("project.code"), index=True, comment="项目")
    village: Mapped[str] = mapped_column(ForeignKey("village.code"), index=True, comment="村（社区）")
    group: Mapped[int | None] = mapped_column(comment="村小组")
    land_class: Mapped[str] = mapped_column(Text, comment="地类", info=choices(LAND_CLASSES))
    household_name: Mapped[str | None] = mapped_column(Text, comment="户主", info=PERSONAL_NAME)
    area_m2: Mapped[Decimal] = area_m2()
    area_ellip_m2: Mapped[Decimal] = area_ellip_m2()
    area_mu: Mapped[Decimal] = area_mu()
    area_paper_mu: Mapped[Decimal | None] = mapped_column(
        Numeric(14, 4), comment="证载面积（亩）", info={"unit": "亩", "paper_of": "area_mu"}
    )
    status_on: Mapped[date | None] = mapped_column(Date, comment="现状态日期")
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


def village_and_group(text: str) -> Mapping[str, Any]:
    """``先锋村2组`` → village and group; a text without a group leaves the group empty."""
    found = re.fullmatch(r"\s*(.+?)\s*(?:第?\s*(\d+)\s*(?:村小组|小组|组))?\s*", text)
    if not found:
        raise ValueError(f"村组“{text}”无法识别，请写成“先锋村2组”")
    village, group = found.groups()
    return {"village": village, "group": int(group) if group else None}


LAYER = Layer(
    id="parcels",
    title="地块",
    model=Parcel,
    key="parcel_no",
    menu=30,
    weight="area_mu",
    status_date="status_on",
    workflow=WORKFLOW,
    reckoning=RECKONING,
    statuses=STATUSES,
    legend=LEGEND,
    card=(
        "parcel_no",
        "status",
        "area_mu",
        "area_m2",
        "area_ellip_m2",
        "area_paper_mu",
        "household_name",
        "village",
        "group",
        "project",
        "land_class",
        "status_on",
    ),
    columns=(
        "parcel_no",
        "status",
        "village",
        "group",
        "project",
        "land_class",
        "household_name",
        "area_mu",
        "status_on",
    ),
    filters=("village", "project", "group", "land_class"),
    levels=(("village", "group"), ("village",), ("project",)),
    search=("parcel_no", "household_name"),
    references=(Reference("village", "villages"), Reference("project", "projects")),
    figures=(
        Figure("已交地", classes=("delivered",), weight="area_mu", unit="亩"),
        Figure("已付款", classes=("paid",), weight="area_mu", unit="亩"),
        Figure("有争议", classes=("disputed",), unit="块"),
    ),
    style=Style("area", order=30, min_zoom=10),
    cell_parsers={"land_class": land_class},
    import_columns={
        "地块编号": "parcel_no",
        "宗地号": "parcel_no",
        "parcel_no": "parcel_no",
        "项目": "project",
        "项目编号": "project",
        "村": "village",
        "村组": village_and_group,
        "小组": "group",
        "地类": "land_class",
        "地类编码": "land_class",
        "户主": "household_name",
        "权利人": "household_name",
        "面积亩": "area_paper_mu",
        "证载面积": "area_paper_mu",
        "证载面积（亩）": "area_paper_mu",
        "状态": "status",
    },
    example={
        "parcel_no": "LW-99-0001",
        "village": "361027100210",
        "group": 9,
        "land_class": "0101",
        "household_name": "王小明",
        "area_paper_mu": "3.2",
        "status": "identified",
    },
)
