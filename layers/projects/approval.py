"""Which government approves an acquisition, from the land it takes (Land Administration Law 2019, art. 46)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from geoapp.overlay import Overlay, Verdict
from geoapp.said import said

CULTIVATED, OTHER = "01", Decimal(700_000)
CULTIVATED_LIMIT = Decimal(350_000)
"""35 ha of cultivated land outside permanent basic farmland, 70 ha of other land, in m²: beyond either, the State Council."""
RULE = "土地管理法第四十六条"
FARMLAND = ("01", "02", "03", "0401", "0402", "0403", "1006", "1103", "1104", "1107", "1202", "1203")
UNUSED = ("0404", "1101", "1102", "1105", "1106", "1108", "1110", "1204", "1205", "1206", "1207")


def group(code: str) -> str:
    """The three main classes of GB/T 21010-2017 by code; suffixes such as K and A follow their class."""
    if code.startswith(UNUSED):
        return "未利用地"
    return "农用地" if code.startswith(FARMLAND) else "建设用地"


def judge(areas: Mapping[str, Decimal]) -> tuple[Verdict, ...]:
    """Approval level and the conversion of farmland, from m² by land class."""
    cultivated = sum((m2 for code, m2 in areas.items() if code.startswith(CULTIVATED)), Decimal(0))
    other = sum(areas.values(), Decimal(0)) - cultivated
    farmland = sum((m2 for code, m2 in areas.items() if group(code) == "农用地"), Decimal(0))
    found = []
    if cultivated > CULTIVATED_LIMIT or other > OTHER:
        found.append(
            Verdict(
                said(
                    "征收由国务院批准：耕地 {a} 公顷、其他土地 {b} 公顷，超过 35 / 70 公顷",
                    a=_ha(cultivated),
                    b=_ha(other),
                ),
                RULE,
                heavy=True,
            )
        )
    else:
        found.append(
            Verdict(
                said(
                    "征收由省政府批准：耕地 {a} 公顷、其他土地 {b} 公顷，未超过 35 / 70 公顷",
                    a=_ha(cultivated),
                    b=_ha(other),
                ),
                RULE,
            )
        )
    if farmland:
        found.append(Verdict(said("含农用地 {a} 公顷，先办或同办农用地转用", a=_ha(farmland)), "土地管理法第四十四条"))
    found.append(Verdict(said("没有永久基本农田图层，未核对；占用任何永久基本农田都由国务院批准"), RULE))
    return tuple(found)


def _ha(m2: Decimal) -> str:
    return f"{m2 / 10000:.4f}"


OVERLAY = Overlay("parcels", rows="land_class", columns="village", group=group, judge=judge)
