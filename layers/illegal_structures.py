"""Illegal structures: found, ordered, removed, reclaimed.

The legal actor differs by basis: Urban and Rural Planning Law art. 65 (the town itself), art. 64 (county planning bureau),
Land Administration Law art. 77 (natural resources bureau) or art. 78 (villagers' homesteads).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from geoapp.layer import Figure, Layer, LegendClass, Reference, Status, Style
from geoapp.orm import PERSONAL_NAME, Feature, area_m2, choices, geometry
from geoapp.overlay import Intake
from geoapp.workflow import Clock, Kind, Need, OfficeDay, Only, Wait, Workflow, statuses

LEGAL_BASES = {
    "planning_65": "城乡规划法第六十五条（乡村规划区，镇政府）",
    "planning_64": "城乡规划法第六十四条（城镇规划区，县规划部门）",
    "land_77": "土地管理法第七十七条（非法占地，自然资源部门）",
    "homestead_78": "土地管理法第七十八条（农村村民非法占地建住宅）",
}
STRUCTURES = {
    "frame": "框架",
    "brick_concrete": "砖混",
    "brick_timber": "砖木",
    "earth_timber": "土木",
    "simple": "简易",
}
SOURCES = {"patrol": "巡查", "report": "举报", "satellite": "卫片"}


class IllegalStructure(Feature):
    __tablename__ = "illegal_structure"
    __table_args__ = (
        CheckConstraint("building_area_m2 > 0", name="building_area_m2"),
        CheckConstraint("removed_on >= found_on", name="removed_after_found"),
        CheckConstraint("enforce_hour BETWEEN 6 AND 21", name="enforce_hour"),
    )

    case_no: Mapped[str] = mapped_column(Text, unique=True, comment="案号")
    village: Mapped[str] = mapped_column(ForeignKey("village.code"), index=True, comment="村（社区）")
    group: Mapped[int | None] = mapped_column(comment="村小组")
    legal_basis: Mapped[str] = mapped_column(Text, comment="法律依据", info=choices(LEGAL_BASES))
    land_class: Mapped[str | None] = mapped_column(Text, comment="地类编码")
    building_area_m2: Mapped[Decimal] = mapped_column(Numeric(12, 2), comment="建筑面积（m²）", info={"unit": "m²"})
    footprint_m2: Mapped[Decimal] = area_m2()
    floors: Mapped[int | None] = mapped_column(comment="层数")
    structure: Mapped[str | None] = mapped_column(Text, comment="结构", info=choices(STRUCTURES))
    discovered_by: Mapped[str | None] = mapped_column(Text, comment="发现方式", info=choices(SOURCES))
    found_on: Mapped[date] = mapped_column(Date, comment="发现日期")
    stop_ordered_on: Mapped[date | None] = mapped_column(Date, comment="责令停止日期")
    notified_on: Mapped[date | None] = mapped_column(Date, comment="事先告知送达日期")
    ordered_on: Mapped[date | None] = mapped_column(Date, comment="限期拆除决定送达日期")
    comply_by: Mapped[date | None] = mapped_column(Date, comment="自行拆除期限")
    urged_on: Mapped[date | None] = mapped_column(Date, comment="催告送达日期")
    decided_on: Mapped[date | None] = mapped_column(Date, comment="强制执行决定日期")
    announced_on: Mapped[date | None] = mapped_column(Date, comment="强拆公告日期")
    court_on: Mapped[date | None] = mapped_column(Date, comment="申请法院日期")
    removed_on: Mapped[date | None] = mapped_column(Date, comment="拆除日期")
    enforce_hour: Mapped[int | None] = mapped_column(comment="强拆开始时刻（时，6–21）")
    party_name: Mapped[str | None] = mapped_column(Text, comment="当事人", info=PERSONAL_NAME)
    geom: Mapped[WKBElement] = geometry("MULTIPOLYGON")


IllegalStructure.__table__.c.footprint_m2.comment = "占地面积（m²）"  # type: ignore[attr-defined]

TOWN_OR_COUNTY = Only("legal_basis", statuses("planning_65", "planning_64"))
"""The government may enforce by itself; for land cases only a court may (Land Administration Law art. 83)."""
LAND = Only("legal_basis", statuses("land_77", "homestead_78"))

STATUSES = (
    Status("found", "已发现", next=("verified", "dismissed"), legend="open"),
    Status("verified", "已核实", next=("stop_ordered", "dismissed"), legend="open"),
    Status("dismissed", "不予立案", legend="dismissed", counts=False),
    Status("stop_ordered", "责令停止", next=("filed", "self_removed", "rectified"), legend="ordered"),
    Status("filed", "已立案", next=("investigated", "self_removed"), legend="ordered"),
    Status("investigated", "调查取证", next=("notified", "self_removed"), legend="ordered"),
    Status("notified", "事先告知", next=("ordered", "self_removed"), legend="ordered"),
    Status("ordered", "限期拆除", next=("self_removed", "urged", "rectified"), legend="ordered"),
    Status("urged", "已催告", next=("enforce_decided", "court", "self_removed"), legend="enforcing"),
    Status("enforce_decided", "强拆决定", next=("announced", "self_removed"), legend="enforcing"),
    Status("announced", "强拆公告", next=("enforced", "self_removed"), legend="enforcing"),
    Status("court", "申请法院", next=("enforced", "self_removed"), legend="enforcing"),
    Status("self_removed", "自行拆除", next=("accepted",), legend="removed"),
    Status("enforced", "强制拆除", next=("accepted",), legend="removed"),
    Status("rectified", "补办或改正", legend="rectified"),
    Status("accepted", "已验收", next=("reclaimed", "closed"), legend="removed"),
    Status("reclaimed", "已复垦", next=("closed",), legend="removed"),
    Status("closed", "已结案", legend="removed"),
)

WORKFLOW = Workflow(
    needs=(
        Need(statuses("stop_ordered"), ("stop_ordered_on",), "城乡规划法第六十四条、第六十五条；土地管理法第八十三条"),
        Need(statuses("notified"), ("notified_on",), "行政强制法第三十六条"),
        Need(statuses("ordered"), ("ordered_on", "comply_by", "party_name"), "城乡规划法第六十四条、第六十五条；土地管理法第八十三条"),
        Need(statuses("urged"), ("urged_on",), "行政强制法第三十五条、第五十四条"),
        Need(statuses("enforce_decided"), ("decided_on",), "行政强制法第三十七条"),
        Need(statuses("announced"), ("announced_on",), "行政强制法第四十四条"),
        Need(statuses("court"), ("court_on",), "行政强制法第五十三条"),
        Need(statuses("enforced"), ("removed_on", "enforce_hour"), "行政强制法第四十三条"),
        Need(statuses("self_removed"), ("removed_on",)),
    ),
    kinds=(
        Kind(
            statuses("enforce_decided", "announced"), TOWN_OR_COUNTY,
            "违法占地案件不能自行强制拆除，应申请法院", "土地管理法第八十三条",
        ),
        Kind(statuses("court"), LAND, "依城乡规划法的案件由政府依法强制执行，不申请法院", "城乡规划法第六十五条、第六十八条"),
    ),
    waits=(
        Wait(
            statuses("enforce_decided"), "ordered_on", "decided_on", 15,
            "限期拆除决定送达后的自行履行期还没有届满（{day}）", "行政强制法第三十四条",
        ),
        Wait(
            statuses("court"), "ordered_on", "court_on", 15,
            "十五日起诉期到 {day} 届满，之后才能申请法院", "土地管理法第八十三条", LAND,
        ),
        Wait(
            statuses("court"), "urged_on", "court_on", 10,
            "催告书送达十日到 {day} 届满，之后才能申请法院", "行政强制法第五十四条", LAND,
        ),
        Wait(
            statuses("enforced"), "ordered_on", "removed_on", 183,
            "复议和诉讼期限到 {day} 届满，之后才能强制拆除", "行政强制法第四十四条；行政诉讼法第四十六条", TOWN_OR_COUNTY,
        ),
    ),
    office_days=(
        OfficeDay(statuses("enforced"), "removed_on", "{day} 是休息日或节假日，不得强制拆除", "行政强制法第四十三条"),
    ),
    clocks=(
        Clock(statuses("ordered"), "自行拆除期限", column="comply_by", rule="城乡规划法第六十四条、第六十五条；土地管理法第八十三条"),
        Clock(statuses("urged"), "催告期满", days=10, since="urged_on", rule="行政强制法第三十五条、第五十四条"),
        Clock(
            statuses("enforce_decided", "announced"), "复议诉讼期满，可以强制拆除", days=183, since="ordered_on",
            rule="行政强制法第四十四条；行政诉讼法第四十六条",
        ),
    ),
)  # fmt: skip

INTAKE = Intake("举报违法建设", {"discovered_by": "report", "status": "found"}, found_on="found_on", prefix="JB")

LAYER = Layer(
    id="illegal_structures",
    title="违法建设",
    model=IllegalStructure,
    key="case_no",
    page="illegal",
    menu=60,
    weight="building_area_m2",
    statuses=STATUSES,
    intake=INTAKE,
    workflow=WORKFLOW,
    legend=(
        LegendClass("open", "发现核实", "#FFC200", "查", shape="square"),
        LegendClass("ordered", "责令处理", "#E47736", "责", shape="square"),
        LegendClass("enforcing", "强制程序", "#D20058", "强", "hatch", shape="square"),
        LegendClass("removed", "已拆除", "#72737F", "拆", "backhatch", shape="square"),
        LegendClass("rectified", "补办改正", "#2DB6FF", "补", shape="square"),
        LegendClass("dismissed", "不予立案", "#E1EAEB", "销", shape="square"),
    ),
    card=(
        "case_no",
        "status",
        "village",
        "group",
        "legal_basis",
        "building_area_m2",
        "footprint_m2",
        "structure",
        "floors",
        "discovered_by",
        "found_on",
        "ordered_on",
        "comply_by",
        "removed_on",
        "party_name",
    ),
    columns=("case_no", "status", "village", "legal_basis", "building_area_m2", "found_on", "removed_on", "party_name"),
    filters=("village", "legal_basis", "structure", "discovered_by"),
    search=("case_no", "party_name"),
    references=(Reference("village", "villages"),),
    figures=(Figure("已拆除违法建设", classes=("removed",), unit="处"),),
    style=Style("symbol", order=60, min_zoom=9),
    import_columns={
        "案号": "case_no",
        "村": "village",
        "建筑面积": "building_area_m2",
        "结构": "structure",
        "发现日期": "found_on",
        "拆除日期": "removed_on",
        "当事人": "party_name",
        "状态": "status",
    },
    example={
        "case_no": "WJ-2026-999",
        "village": "361027100210",
        "legal_basis": "planning_65",
        "building_area_m2": "120.5",
        "found_on": "2026-03-02",
        "party_name": "单志强",
        "status": "found",
    },
)
