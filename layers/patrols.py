"""Patrols against rushed and illegal building: where, when, by whom, and what was found (定期巡查制)."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.layer import Layer, LegendClass, Reference, Status, Style
from geoapp.orm import Feature, choices, geometry
from geoapp.workflow import Clock, Need, Workflow, statuses

MEANS = {"walk": "步行", "vehicle": "车巡", "drone": "无人机"}


class Patrol(Feature):
    __tablename__ = "patrol"
    __table_args__ = (CheckConstraint("findings >= 0", name="findings"),)

    patrol_no: Mapped[str] = mapped_column(Text, unique=True, comment="巡查编号")
    village: Mapped[str] = mapped_column(ForeignKey("village.code"), index=True, comment="村（社区）")
    means: Mapped[str | None] = mapped_column(Text, comment="巡查方式", info=choices(MEANS))
    officer: Mapped[str | None] = mapped_column(Text, comment="巡查人")
    planned_on: Mapped[date] = mapped_column(Date, comment="计划巡查日期")
    patrolled_on: Mapped[date | None] = mapped_column(Date, comment="巡查日期")
    findings: Mapped[int | None] = mapped_column(comment="发现问题（处）")
    found_case: Mapped[str | None] = mapped_column(Text, index=True, comment="移交案号")
    note: Mapped[str | None] = mapped_column(Text, comment="巡查记录")
    geom: Mapped[WKBElement] = geometry("POINT")


LAYER = Layer(
    id="patrols",
    title="巡查",
    model=Patrol,
    key="patrol_no",
    menu=65,
    workflow=Workflow(
        needs=(
            Need(statuses("clear", "found"), ("patrolled_on", "officer")),
            Need(statuses("found"), ("findings", "note")),
            Need(statuses("handed_over"), ("found_case",)),
        ),
        clocks=(
            Clock(statuses("planned"), "按期巡查", column="planned_on"),
            Clock(statuses("found"), "移交处理", days=7, since="patrolled_on"),
        ),
    ),
    statuses=(
        Status("planned", "已安排", next=("clear", "found", "cancelled")),
        Status("clear", "未见异常"),
        Status("found", "发现问题", next=("handed_over", "clear")),
        Status("handed_over", "已移交立案"),
        Status("cancelled", "已取消", legend="planned", counts=False),
    ),
    legend=(
        LegendClass("planned", "已安排", "#E1EAEB", "巡", shape="circle"),
        LegendClass("clear", "未见异常", "#004A32", "安", shape="circle"),
        LegendClass("found", "发现问题", "#D20058", "疑", "hatch", shape="circle"),
        LegendClass("handed_over", "已移交立案", "#0E69B9", "移", shape="circle"),
    ),
    card=(
        "patrol_no",
        "status",
        "village",
        "means",
        "officer",
        "planned_on",
        "patrolled_on",
        "findings",
        "found_case",
        "note",
    ),
    columns=("patrol_no", "status", "village", "officer", "planned_on", "patrolled_on", "findings", "found_case"),
    filters=("village", "means"),
    search=("patrol_no", "officer"),
    references=(Reference("village", "villages"),),
    style=Style("symbol", order=55, visible=False, min_zoom=9),
    import_columns={
        "巡查编号": "patrol_no",
        "村": "village",
        "巡查人": "officer",
        "巡查日期": "patrolled_on",
        "发现问题": "findings",
    },
    example={
        "patrol_no": "XC-2026-999",
        "village": "361027100210",
        "means": "walk",
        "officer": "巡查员 99（演示）",
        "planned_on": "2026-03-02",
        "status": "planned",
    },
)
