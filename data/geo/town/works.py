"""The 16 projects: where they lie, how large they are, how far they have come; and their parcels' rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

import shapely
from shapely import affinity
from shapely.geometry import LineString, Polygon

from .fields import Plot, Site, middle, plots, red_line
from .ground import CENTRE, Unit, free_zone

PREFIX = {
    "金山社区": "JS", "仰山社区": "YS", "廷贤社区": "TX", "春生社区": "CS", "云林社区": "YL", "锦绣社区": "JX",
    "象山社区": "XS", "学苑社区": "XY", "文庄社区": "WZ", "丰收村": "FS", "北门村": "BM", "五里村": "WL", "杨坊村": "YF",
    "冠峰村": "GF", "塘山村": "TS", "联乐村": "LL", "褐源村": "HY", "里吴村": "LW", "芳源村": "FY", "先锋村": "XF",
    "翠云排村": "CYP", "马街村": "MJ", "港东村": "GD", "陶家村": "TJ",
}  # fmt: skip
SURNAMES = "徐王李张刘陈吴黄周邓杨万曾余胡熊何郑单仇查区解翟"
GIVEN = [
    "建国",
    "秀英",
    "桂花",
    "志强",
    "国平",
    "小明",
    "水生",
    "火根",
    "金莲",
    "细妹",
    "长发",
    "有才",
    "春香",
    "冬梅",
    "福生",
    "德保",
    "海波",
    "丽华",
    "荣辉",
    "文斌",
    "满仓",
    "根水",
    "云香",
    "新民",
    "爱珍",
    "卫东",
    "红梅",
    "家旺",
    "木生",
    "玉兰",
    "光明",
    "凤娇",
    "年福",
    "润生",
    "早秀",
    "兴旺",
    "美玲",
    "学文",
    "庆余",
    "金水",
]
COLLECTIVE = ("1006", "1107")


@dataclass(frozen=True)
class Plan:
    """A project as invented: size in metres, start in weeks from the beginning, stage it has reached."""

    code: str
    name: str
    purpose: str
    land_user: str
    length: float
    width: float
    start: int
    stage: str
    grain: float = 1.0


def _demo(i: int) -> str:
    return f"重点项目 {i:02}（演示）"


PLANS = (
    Plan("P01", "香料产业园C区", "development", "县工业园区（演示）", 1250, 700, 0, "land_ready", 1.12),
    Plan("P02", "工业污水处理厂", "public_service", "县城投公司（演示）", 480, 340, 2, "closed"),
    Plan("P03", "湿地公园", "public_service", "县住建局（演示）", 1350, 290, 1, "closed", 1.1),
    Plan("P04", "园湖南路学校建设", "public_service", "县教体局（演示）", 240, 170, 4, "land_ready", 0.8),
    Plan("P05", _demo(5), "development", "用地单位 05（演示）", 950, 610, 6, "implementing", 1.15),
    Plan("P06", _demo(6), "development", "用地单位 06（演示）", 700, 530, 9, "implementing", 1.1),
    Plan("P07", _demo(7), "infrastructure", "用地单位 07（演示）", 2100, 104, 7, "implementing", 1.2),
    Plan("P08", _demo(8), "public_service", "用地单位 08（演示）", 620, 450, 12, "implementing"),
    Plan("P09", _demo(9), "relocation", "用地单位 09（演示）", 520, 380, 24, "implementing"),
    Plan("P10", _demo(10), "development", "用地单位 10（演示）", 760, 460, 14, "implementing", 1.1),
    Plan("P11", _demo(11), "infrastructure", "用地单位 11（演示）", 440, 360, 60, "approved"),
    Plan("P12", _demo(12), "public_service", "用地单位 12（演示）", 560, 440, 70, "submitted", 1.1),
    Plan("P13", _demo(13), "public_service", "用地单位 13（演示）", 380, 340, 74, "funded"),
    Plan("P14", _demo(14), "development", "用地单位 14（演示）", 640, 470, 80, "signing", 1.15),
    Plan("P15", _demo(15), "relocation", "用地单位 15（演示）", 330, 300, 86, "hearing"),
    Plan("P16", _demo(16), "infrastructure", "用地单位 16（演示）", 520, 400, 98, "surveying", 1.1),
)
OUTSIDE = tuple(Plan(f"X{i}", "", "", "", 330, 250, 0, "", 0.95) for i in range(4))
"""Small valleys near villages with parcels of no project."""


@dataclass
class Parcel:
    """One row of the parcel file, with what the story needs to know."""

    plan: Plan
    plot: Plot
    parcel_no: str = ""
    village: str = ""
    group: int | None = None
    household: str | None = None
    paper_mu: float = 0.0
    mu: float = 0.0
    steps: list[tuple[int, str]] = field(default_factory=list)
    """(week, status) in order, beginning with (0, identified)."""


def place(outline: Polygon, lines: list[LineString]) -> dict[str, Site]:
    """A valley for every plan: inside the town, clear of each other, of the free zone, of rivers and main roads."""
    rng = Random(2024)
    taken = [free_zone(), *(line.buffer(22) for line in lines)]
    inner = outline.buffer(-150)
    found: dict[str, Site] = {}
    for plan in sorted((*PLANS, *OUTSIDE), key=lambda p: -p.length * p.width):
        for attempt in range(4000):
            low, high = (1500, 4300) if plan.length * plan.width > 4e5 else (1400, 5600)
            turn, away = rng.uniform(0, 2 * math.pi), rng.uniform(low, high + attempt * 0.3)
            x, y = CENTRE[0] + away * math.cos(turn), CENTRE[1] + away * math.sin(turn)
            angle = rng.uniform(0, math.pi)
            box = shapely.box(
                x - plan.length / 2 - 60, y - plan.width / 2 - 130, x + plan.length / 2 + 60, y + plan.width / 2 + 130
            )
            box = affinity.rotate(box, angle, origin=(x, y), use_radians=True)
            if inner.contains(box) and not any(box.intersects(t) for t in taken):
                taken.append(box)
                houses = plan.code not in ("P07", "P04")
                found[plan.code] = Site(
                    round(x, 3),
                    round(y, 3),
                    angle,
                    plan.length,
                    plan.width,
                    attempt % 97 + len(found),
                    houses,
                    plan.grain,
                )
                break
        else:
            raise RuntimeError(f"no room for {plan.code}")
    return found


def parcels(sites: dict[str, Site], units: list[Unit], group_counts: dict[str, int]) -> list[Parcel]:
    """Every parcel with village, group, number and household."""
    rng = Random(77)
    tree = shapely.STRtree([u.outline for u in units])
    serial: dict[tuple[str, int | None], int] = {}
    found: list[Parcel] = []
    for plan in (*PLANS, *OUTSIDE):
        holder, left = None, 0
        for plot in plots(sites[plan.code]):
            point = middle(plot.outline)
            unit = units[int(tree.nearest(point))]
            row = Parcel(plan, plot, village=unit.code)
            groups = group_counts.get(unit.code, 0)
            if groups:
                row.group = 1 + (int(point.x // 450) * 7 + int(point.y // 450) * 3) % groups
            key = unit.name, row.group
            serial[key] = serial.get(key, 0) + 1
            row.parcel_no = f"{PREFIX[unit.name]}-{row.group or 0:02}-{serial[key]:04}"
            if plot.land_class not in COLLECTIVE:
                if left <= 0:
                    holder, left = rng.choice(SURNAMES) + rng.choice(GIVEN), rng.choice((1, 1, 2, 2, 3, 4))
                row.household, left = holder, left - 1
            row.mu = round(plot.outline.area * 0.0015, 4)
            row.paper_mu = max(0.01, round(row.mu * (1 + rng.uniform(-0.03, 0.03)), 2))
            found.append(row)
    return found


def red_lines(found: list[Parcel]) -> dict[str, Polygon]:
    """The red line of every project."""
    return {plan.code: red_line([p.plot.outline for p in found if p.plan is plan]) for plan in PLANS}
