"""Petitions and disputes: who complains of what where, the leader who answers for it, five duties, statutory clocks.

Clocks follow the Regulations on Petition Work of 2022: 15 days to answer (art. 22), 60 to finish and 30 more (art. 34).
"""

from __future__ import annotations

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.layer import Figure, Layer, LegendClass, Reference, Status, Style
from geoapp.orm import PERSONAL_NAME, Feature, choices, geometry
from geoapp.workflow import Clock, Need, Workflow, statuses

KINDS = {
    "acquisition": "征地",
    "demolition": "拆迁",
    "compensation": "补偿",
    "boundary": "权属界线",
    "illegal_building": "违建",
    "homestead": "宅基地",
    "other": "其他",
}
CHANNELS = {"visit": "来访", "letter": "来信", "online": "网上", "hotline": "12345 热线", "superior": "上级交办"}
RESULTS = {"resolved": "化解", "partly": "部分化解", "unresolved": "未化解", "judicial": "转司法途径"}
DUTIES = ("know_on", "persuade_on", "settle_on", "stop_on", "steady_on")
"""The five duties of the leader who has taken a case (包案)."""


def _duty(title: str) -> Mapped[date | None]:
    return mapped_column(Date, comment=title)


class Dispute(Feature):
    __tablename__ = "dispute"
    __table_args__ = (CheckConstraint("people > 0", name="people"),)

    case_no: Mapped[str] = mapped_column(Text, unique=True, comment="案件编号")
    kind: Mapped[str] = mapped_column(Text, index=True, comment="纠纷类别", info=choices(KINDS))
    channel: Mapped[str | None] = mapped_column(Text, comment="来源", info=choices(CHANNELS))
    village: Mapped[str] = mapped_column(ForeignKey("village.code"), index=True, comment="村（社区）")
    project: Mapped[str | None] = mapped_column(ForeignKey("project.code"), index=True, comment="项目")
    parcel: Mapped[str | None] = mapped_column(Text, index=True, comment="涉及地块")
    petitioner: Mapped[str | None] = mapped_column(Text, comment="信访人", info=PERSONAL_NAME)
    people: Mapped[int | None] = mapped_column(comment="人数")
    claim: Mapped[str | None] = mapped_column(Text, comment="诉求")
    leader: Mapped[str | None] = mapped_column(Text, comment="包案领导")
    received_on: Mapped[date] = mapped_column(Date, comment="登记日期")
    accepted_on: Mapped[date | None] = mapped_column(Date, comment="受理日期")
    know_on: Mapped[date | None] = _duty("包掌握情况")
    persuade_on: Mapped[date | None] = _duty("包思想转化")
    settle_on: Mapped[date | None] = _duty("包矛盾化解")
    stop_on: Mapped[date | None] = _duty("包停访息诉")
    steady_on: Mapped[date | None] = _duty("包教育稳控")
    result: Mapped[str | None] = mapped_column(Text, comment="办理结果", info=choices(RESULTS))
    answered_on: Mapped[date | None] = mapped_column(Date, comment="答复日期")
    geom: Mapped[WKBElement] = geometry("POINT")


WORKFLOW = Workflow(
    needs=(
        Need(statuses("accepted"), ("accepted_on",), "信访工作条例第二十二条"),
        Need(statuses("handling"), ("leader", "know_on")),
        Need(statuses("settled"), ("result", "answered_on"), "信访工作条例第三十四条"),
        Need(statuses("closed"), DUTIES),
    ),
    clocks=(
        Clock(statuses("received"), "登记并告知", days=15, since="received_on", rule="信访工作条例第二十二条"),
        Clock(statuses("accepted", "handling"), "办结", days=60, since="accepted_on", rule="信访工作条例第三十四条"),
        Clock(statuses("extended"), "延期办结", days=90, since="accepted_on", rule="信访工作条例第三十四条"),
    ),
    disputed=statuses("handling", "extended"),
)

LAYER = Layer(
    id="disputes",
    title="矛盾纠纷",
    model=Dispute,
    key="case_no",
    menu=70,
    workflow=WORKFLOW,
    statuses=(
        Status("received", "已登记", next=("accepted", "returned")),
        Status("returned", "不予受理", legend="returned", counts=False),
        Status("accepted", "已受理", next=("handling",), legend="received"),
        Status("handling", "包案化解", next=("settled", "extended")),
        Status("extended", "延期办理", next=("settled",), legend="handling"),
        Status("settled", "已答复", next=("closed", "handling")),
        Status("closed", "已办结", legend="settled"),
    ),
    legend=(
        LegendClass("received", "待包案", "#FFC200", "登", shape="diamond"),
        LegendClass("handling", "化解中", "#D20058", "解", "hatch", shape="diamond"),
        LegendClass("settled", "已办结", "#004A32", "结", shape="diamond"),
        LegendClass("returned", "不予受理", "#E1EAEB", "退", shape="diamond"),
    ),
    card=(
        "case_no",
        "status",
        "kind",
        "channel",
        "village",
        "project",
        "parcel",
        "people",
        "claim",
        "leader",
        "received_on",
        "accepted_on",
        *DUTIES,
        "result",
        "answered_on",
        "petitioner",
    ),
    columns=("case_no", "status", "kind", "village", "project", "parcel", "leader", "received_on", "result"),
    filters=("kind", "village", "project", "channel"),
    search=("case_no", "petitioner"),
    references=(
        Reference("village", "villages"),
        Reference("project", "projects"),
        Reference("parcel", "parcels", label="parcel_no"),
    ),
    figures=(Figure("办结矛盾纠纷", classes=("settled",), unit="件"),),
    style=Style("symbol", order=70, min_zoom=9),
    import_columns={
        "案件编号": "case_no",
        "编号": "case_no",
        "类别": "kind",
        "来源": "channel",
        "村": "village",
        "项目": "project",
        "地块编号": "parcel",
        "信访人": "petitioner",
        "诉求": "claim",
        "包案领导": "leader",
        "登记日期": "received_on",
    },
    example={
        "case_no": "XF-2026-999",
        "kind": "compensation",
        "channel": "visit",
        "village": "361027100210",
        "parcel": "LW-99-0001",
        "petitioner": "查玉兰",
        "people": 3,
        "received_on": "2026-03-02",
        "status": "received",
    },
)
