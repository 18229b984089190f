"""What the law and the procedure ask before a parcel may take a step, and how long each step may last.

Land Administration Law (2019-08-26) arts. 47–48, its Implementation Regulations (2021-07-02) arts. 29–32.
"""

from __future__ import annotations

from geoapp.workflow import Clock, Guard, Hold, Need, Only, Workflow, statuses

PLAN_CONFIRMED = statuses(
    "plan_confirmed", "signing", "funded", "submitted", "returned", "approved", "acq_announced", "implementing",
    "land_ready", "closed",
)  # fmt: skip
FUNDED = PLAN_CONFIRMED - {"plan_confirmed", "signing"}
APPROVED = statuses("approved", "acq_announced", "implementing", "land_ready", "closed")
ACQ_ANNOUNCED = APPROVED - {"approved"}
"""Before 2020 agreements followed approval and announcement (two announcements, one registration)."""
ANNOUNCED = PLAN_CONFIRMED | {"pre_announced", "surveying", "plan_drafted", "plan_published", "hearing"}

WORKFLOW = Workflow(
    guards=(
        Guard(statuses("announced", "surveyed"), "project", ANNOUNCED, "项目还没有发布预公告", "土地管理法实施条例第二十六条"),
        Guard(
            statuses("signed"), "project", PLAN_CONFIRMED,
            "补偿安置方案确定以后才能签订协议", "土地管理法第四十七条；实施条例第二十九条", where=Only("regime", frozenset({2019})),
        ),
        Guard(
            statuses("registered", "signed"), "project", ACQ_ANNOUNCED,
            "按旧法办理的项目，批准并发布征收公告以后才能登记、签约", "土地管理法（2004）第四十六条、第四十八条",
            where=Only("regime", frozenset({1998})),
        ),
        Guard(
            statuses("part_paid", "paid"), "project", FUNDED,
            "项目费用尚未足额到位，不能支付", "土地管理法第四十七条；实施条例第三十二条",
        ),
        Guard(
            statuses("decided", "enforcing"), "project", ACQ_ANNOUNCED,
            "征收公告发布以后才能作出补偿安置决定", "土地管理法实施条例第三十一条",
        ),
        Guard(statuses("delivered"), "project", APPROVED, "项目还没有批准，不能交地", "土地管理法第四十六条"),
    ),
    needs=(
        Need(statuses("registered", "signed", "part_paid", "paid"), ("household_name",), "实施条例第二十八条"),
        Need(statuses("calculated", "signed"), ("land_class",)),
    ),
    holds=(
        Hold(
            statuses("paid", "cleared", "delivered"), "disputes", "parcel",
            statuses("received", "accepted", "handling", "extended"),
            "这块地还有没办结的矛盾纠纷，先化解再继续", "",
        ),
    ),
    clocks=(
        Clock(statuses("announced"), "公告期满，开展调查", days=10, since="status_on", working=True, rule="实施条例第二十六条"),
        Clock(statuses("signed", "part_paid"), "支付补偿费用", days=90, since="status_on", rule="实施条例第三十二条"),
        Clock(statuses("paid"), "腾退清表", days=30, since="status_on"),
        Clock(statuses("cleared"), "交地", days=15, since="status_on"),
        Clock(statuses("holdout"), "再次协商或报请作出决定", days=30, since="status_on", rule="实施条例第三十一条"),
        Clock(statuses("disputed"), "权属争议调处", days=180, since="status_on", rule="土地权属争议调查处理办法第二十一条"),
        Clock(statuses("decided"), "复议诉讼期", days=180, since="status_on", rule="行政诉讼法第四十六条"),
    ),
    disputed=statuses("holdout", "disputed", "decided", "enforcing"),
)  # fmt: skip
