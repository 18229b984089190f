"""New-village pilots of three models: whole-village relocation, hollow-village clean-up, suburban renewal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Computed, Date, ForeignKey, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.layer import Figure, Layer, LegendClass, Reference, Status, Style
from geoapp.orm import Feature, choices, geometry
from geoapp.workflow import Clock, Need, Only, Workflow, statuses

MODELS = {"relocation": "整体搬迁安置", "hollow": "空心村治理", "suburban": "城郊村整治"}


def _mu(title: str) -> Mapped[Decimal | None]:
    return mapped_column(Numeric(14, 4), comment=title, info={"unit": "亩"})


def _yuan(title: str) -> Mapped[Decimal | None]:
    return mapped_column(Numeric(16, 2), comment=title, info={"unit": "元"})


class PilotVillage(Feature):
    __tablename__ = "pilot_village"
    __table_args__ = (CheckConstraint("progress_pct BETWEEN 0 AND 100", name="progress_pct"),)

    code: Mapped[str] = mapped_column(Text, unique=True, comment="试点编号")
    name: Mapped[str] = mapped_column(Text, comment="试点名称")
    model: Mapped[str] = mapped_column(Text, index=True, comment="模式", info=choices(MODELS))
    village: Mapped[str | None] = mapped_column(ForeignKey("village.code"), index=True, comment="所属村")
    batch_year: Mapped[int | None] = mapped_column(comment="批次年度")
    households: Mapped[int | None] = mapped_column(comment="户数")
    population: Mapped[int | None] = mapped_column(comment="人口")
    land_before_mu: Mapped[Decimal | None] = _mu("原占地（亩）")
    land_after_mu: Mapped[Decimal | None] = _mu("新占地（亩）")
    demolished_m2: Mapped[Decimal | None] = mapped_column(Numeric(12, 2), comment="拆旧面积（m²）", info={"unit": "m²"})
    reclaimed_mu: Mapped[Decimal | None] = _mu("复垦（亩）")
    invest_upper_yuan: Mapped[Decimal | None] = _yuan("上级投资（元）")
    invest_match_yuan: Mapped[Decimal | None] = _yuan("配套投资（元）")
    invest_self_yuan: Mapped[Decimal | None] = _yuan("自筹投资（元）")
    progress_pct: Mapped[int | None] = mapped_column(comment="进度（%）", info={"unit": "%"})
    saved_pct: Mapped[Decimal | None] = mapped_column(
        Numeric(6, 1),
        Computed("round((land_before_mu - land_after_mu) / nullif(land_before_mu, 0) * 100, 1)", persisted=True),
        comment="节地率（%）",
        info={"unit": "%"},
    )
    council_members: Mapped[int | None] = mapped_column(comment="理事会人数")
    signed_households: Mapped[int | None] = mapped_column(comment="搬迁：签约户数")
    moved_households: Mapped[int | None] = mapped_column(comment="搬迁：已入住户数")
    old_homes_removed: Mapped[int | None] = mapped_column(comment="搬迁：旧宅拆除栋数")
    hollow_homes: Mapped[int | None] = mapped_column(comment="空心村：空心房栋数")
    hollow_cleared: Mapped[int | None] = mapped_column(comment="空心村：已清理栋数")
    renovated_homes: Mapped[int | None] = mapped_column(comment="城郊：整治栋数")
    illegal_removed: Mapped[int | None] = mapped_column(comment="城郊：拆除违建处数")
    pipes_m: Mapped[int | None] = mapped_column(comment="城郊：管网长度（米）")
    plan_approved_on: Mapped[date | None] = mapped_column(Date, comment="规划批复日期")
    finish_by: Mapped[date | None] = mapped_column(Date, comment="计划竣工日期")
    finished_on: Mapped[date | None] = mapped_column(Date, comment="竣工日期")
    started_on: Mapped[date | None] = mapped_column(Date, comment="开工日期")
    accepted_on: Mapped[date | None] = mapped_column(Date, comment="验收日期")
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


RELOCATION = Only("model", statuses("relocation"))
HOLLOW = Only("model", statuses("hollow"))
SUBURBAN = Only("model", statuses("suburban"))

WORKFLOW = Workflow(
    needs=(
        Need(statuses("approved"), ("plan_approved_on", "households")),
        Need(statuses("building"), ("started_on",)),
        Need(statuses("finished"), ("finished_on",)),
        Need(statuses("accepted"), ("accepted_on",)),
        Need(statuses("building"), ("signed_households",), only=RELOCATION),
        Need(statuses("finished"), ("moved_households", "old_homes_removed", "reclaimed_mu"), only=RELOCATION),
        Need(statuses("building"), ("hollow_homes",), only=HOLLOW),
        Need(statuses("finished"), ("hollow_cleared", "land_after_mu"), only=HOLLOW),
        Need(statuses("finished"), ("renovated_homes", "illegal_removed", "pipes_m"), only=SUBURBAN),
    ),
    clocks=(Clock(statuses("building"), "计划竣工", column="finish_by"),),
)

LAYER = Layer(
    id="pilot_villages",
    title="新农村试点",
    model=PilotVillage,
    key="code",
    label="name",
    page="pilots",
    menu=50,
    statuses=(
        Status("planned", "规划中", next=("approved",)),
        Status("approved", "规划已批", next=("building",)),
        Status("building", "建设中", next=("finished",)),
        Status("finished", "已竣工", next=("accepted",)),
        Status("accepted", "已验收"),
    ),
    workflow=WORKFLOW,
    legend_by="model",
    legend=(
        LegendClass("relocation", "整体搬迁安置", "#6A3D9A", "迁", shape="circle"),
        LegendClass("hollow", "空心村治理", "#00796B", "空", shape="triangle"),
        LegendClass("suburban", "城郊村整治", "#B45309", "郊", shape="diamond"),
    ),
    card=(
        "code",
        "name",
        "model",
        "status",
        "village",
        "batch_year",
        "households",
        "population",
        "land_before_mu",
        "land_after_mu",
        "demolished_m2",
        "reclaimed_mu",
        "invest_upper_yuan",
        "invest_match_yuan",
        "invest_self_yuan",
        "saved_pct",
        "progress_pct",
        "started_on",
        "finish_by",
        "accepted_on",
    ),
    columns=(
        "code",
        "name",
        "model",
        "status",
        "village",
        "households",
        "land_before_mu",
        "land_after_mu",
        "saved_pct",
        "progress_pct",
    ),
    filters=("model", "village", "batch_year"),
    search=("code", "name"),
    references=(Reference("village", "villages"),),
    figures=(Figure("新农村试点", unit="个"),),
    style=Style("symbol", order=50, min_zoom=8),
    import_columns={"试点编号": "code", "试点名称": "name", "模式": "model", "所属村": "village", "户数": "households"},
    example={"code": "SD-99", "name": "示例试点", "model": "hollow", "households": 60, "status": "planned"},
)
