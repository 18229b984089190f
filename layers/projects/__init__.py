"""The town's key projects: red line, stage of the acquisition procedure, and the progress of their parcels.

Stages follow the Land Administration Law of 2019-08-26 (arts. 44–49) and its Implementation Regulations of
2021-07-02 (arts. 26–32): agreements are signed before approval. Historic projects carry regime 1998.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from geoalchemy2 import WKBElement
from sqlalchemy import Date, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.layer import Figure, Layer, LegendClass, Rollup, Status, Style
from geoapp.orm import Feature, choices, geometry
from geoapp.workflow import Clock, Need, Workflow, statuses
from layers.projects.approval import OVERLAY
from layers.projects.notices import NOTICES

PURPOSES = {
    "military": "军事和外交",
    "infrastructure": "基础设施建设",
    "public_service": "公共事业",
    "relocation": "扶贫搬迁、保障性安居工程",
    "development": "成片开发建设",
    "other": "法律规定的其他情形",
}
"""Public interest grounds of Land Administration Law art. 45."""


class Project(Feature):
    __tablename__ = "project"

    code: Mapped[str] = mapped_column(Text, unique=True, comment="项目编号")
    name: Mapped[str] = mapped_column(Text, comment="项目名称")
    purpose: Mapped[str | None] = mapped_column(Text, comment="征收目的", info=choices(PURPOSES))
    land_user: Mapped[str | None] = mapped_column(Text, comment="用地单位")
    planned_mu: Mapped[Decimal | None] = mapped_column(Numeric(14, 4), comment="计划用地（亩）", info={"unit": "亩"})
    regime: Mapped[int] = mapped_column(server_default="2019", comment="适用法律（版本年）")
    pre_announced_on: Mapped[date | None] = mapped_column(Date, comment="预公告日期")
    plan_published_on: Mapped[date | None] = mapped_column(Date, comment="方案公告日期")
    approved_on: Mapped[date | None] = mapped_column(Date, comment="批准日期")
    approval_received_on: Mapped[date | None] = mapped_column(Date, comment="收到批文日期")
    acq_announced_on: Mapped[date | None] = mapped_column(Date, comment="征收公告日期")
    deadline_on: Mapped[date | None] = mapped_column(Date, comment="计划交地日期")
    note: Mapped[str | None] = mapped_column(Text, comment="说明")
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


STATUSES = (
    Status("draft", "立项选址", next=("pre_announced", "suspended", "terminated"), legend="early"),
    Status("pre_announced", "预公告", next=("surveying", "suspended", "terminated"), legend="early"),
    Status("surveying", "现状调查与社稳评估", next=("plan_drafted", "suspended", "terminated"), legend="survey"),
    Status("plan_drafted", "方案拟定", next=("plan_published", "suspended", "terminated"), legend="survey"),
    Status("plan_published", "方案公告", next=("hearing", "plan_confirmed", "suspended", "terminated"), legend="plan"),
    Status("hearing", "听证", next=("plan_drafted", "plan_confirmed", "suspended", "terminated"), legend="plan"),
    Status("plan_confirmed", "方案确定", next=("signing", "suspended", "terminated"), legend="plan"),
    Status("signing", "登记签约", next=("funded", "suspended", "terminated"), legend="sign"),
    Status("funded", "费用足额到位", next=("submitted", "suspended", "terminated"), legend="sign"),
    Status("submitted", "组卷报批", next=("approved", "returned", "suspended", "terminated"), legend="approve"),
    Status("returned", "退件补正", next=("submitted", "suspended", "terminated"), legend="approve"),
    Status("approved", "已批准", next=("acq_announced", "suspended", "terminated"), legend="approve"),
    Status("acq_announced", "征收公告", next=("implementing", "suspended", "terminated"), legend="work"),
    Status("implementing", "组织实施", next=("land_ready", "suspended", "terminated"), legend="work"),
    Status("land_ready", "净地交付", next=("closed",), legend="ready"),
    Status("closed", "归档", legend="ready"),
    Status("suspended", "中止", legend="halted"),
    Status("terminated", "终止", legend="halted", counts=False),
)

WORKFLOW = Workflow(
    needs=(
        Need(statuses("pre_announced"), ("purpose",), "土地管理法第四十五条"),
        Need(statuses("approved"), ("approved_on",), "土地管理法第四十六条"),
        Need(statuses("acq_announced"), ("approval_received_on",), "土地管理法实施条例第三十一条"),
    ),
    clocks=(
        Clock(statuses("pre_announced"), "预公告期满", days=10, since="pre_announced_on", working=True, rule="实施条例第二十六条"),
        Clock(statuses("plan_published"), "方案公告期满", days=30, since="plan_published_on", rule="土地管理法第四十七条"),
        Clock(
            statuses("approved"), "发布征收土地公告", days=15, since="approval_received_on", working=True,
            rule="土地管理法实施条例第三十一条",
        ),
        Clock(statuses("signing", "funded", "submitted", "acq_announced", "implementing"), "计划交地", column="deadline_on"),
    ),
)  # fmt: skip

LAYER = Layer(
    id="projects",
    title="重点项目",
    model=Project,
    key="code",
    label="name",
    menu=20,
    weight="planned_mu",
    statuses=STATUSES,
    overlay=OVERLAY,
    notices=NOTICES,
    workflow=WORKFLOW,
    legend=(
        LegendClass("early", "立项与预公告", "#E1EAEB", "立"),
        LegendClass("survey", "调查与方案", "#FFC200", "查"),
        LegendClass("plan", "方案公告", "#E47736", "案"),
        LegendClass("sign", "登记签约", "#2DB6FF", "签"),
        LegendClass("approve", "组卷报批", "#0E69B9", "批"),
        LegendClass("work", "公告与实施", "#86AD90", "施"),
        LegendClass("ready", "净地交付", "#004A32", "交"),
        LegendClass("halted", "中止或终止", "#72737F", "停", "backhatch"),
    ),
    card=("code", "name", "purpose", "land_user", "planned_mu", "deadline_on", "status"),
    columns=("code", "name", "status", "planned_mu", "deadline_on", "land_user"),
    filters=("purpose",),
    search=("code", "name"),
    rollups=(Rollup("parcels", by="project", weight="area_mu", done=("delivered",), target="planned_mu"),),
    figures=(Figure("重点项目", unit="个"),),
    style=Style("outline", order=40, min_zoom=8),
    import_columns={"项目编号": "code", "项目名称": "name", "用地单位": "land_user", "计划用地（亩）": "planned_mu"},
    example={"code": "P99", "name": "示例项目", "planned_mu": "120.5", "status": "draft"},
)
