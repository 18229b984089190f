"""The steps of a parcel and the eleven colours that draw them.

Each colour pair differs by CIEDE2000 ≥ 11 for normal and colour-deficient sight; a test recomputes it.
"""

from __future__ import annotations

from geoapp.layer import LegendClass, Status

OUT = ("suspended", "excluded")

STATUSES = (
    Status("identified", "红线内", next=("announced", *OUT), legend="not_started", aliases=("未启动",)),
    Status("announced", "已公告", next=("surveyed", *OUT)),
    Status("surveyed", "已调查", next=("confirmed", "disputed", *OUT), aliases=("已勘测",)),
    Status("confirmed", "已确认签字", next=("registered", "disputed", *OUT), legend="surveyed"),
    Status("registered", "已补偿登记", next=("calculated", "disputed", *OUT), legend="surveyed"),
    Status("calculated", "已测算", next=("signed", "holdout", "disputed", *OUT), legend="valued", aliases=("已评估",)),
    Status(
        "holdout", "未达成协议", next=("signed", "decided", "disputed", *OUT), legend="negotiating", aliases=("洽谈中",)
    ),
    Status("signed", "已签约", next=("part_paid", "paid", "disputed", *OUT)),
    Status("part_paid", "部分支付", next=("paid", "disputed", *OUT), legend="signed"),
    Status("paid", "已支付", next=("cleared",), aliases=("已付款",)),
    Status("cleared", "已腾退清表", next=("delivered",), aliases=("已腾退",)),
    Status("delivered", "已交地", next=("closed",)),
    Status("closed", "已归档", legend="delivered"),
    Status("disputed", "权属争议", next=("surveyed", "confirmed", "holdout", *OUT), aliases=("有争议",)),
    Status("decided", "已作补偿安置决定", next=("enforcing", "signed", "paid"), legend="disputed"),
    Status("enforcing", "申请法院执行", next=("paid", "signed"), legend="disputed"),
    Status("suspended", "暂缓", next=("identified", "announced", "surveyed"), legend="on_hold"),
    Status("excluded", "调出红线", legend="on_hold", counts=False),
)

LEGEND = (
    LegendClass("not_started", "未启动", "#E1EAEB", "未"),
    LegendClass("announced", "已公告", "#F5EDB2", "告"),
    LegendClass("surveyed", "已勘测", "#FFC200", "测"),
    LegendClass("valued", "已评估", "#E47736", "评"),
    LegendClass("negotiating", "洽谈中", "#8E4E00", "谈", "dots"),
    LegendClass("signed", "已签约", "#2DB6FF", "签"),
    LegendClass("paid", "已付款", "#0E69B9", "付"),
    LegendClass("cleared", "已腾退", "#86AD90", "腾"),
    LegendClass("delivered", "已交地", "#004A32", "交"),
    LegendClass("disputed", "有争议", "#D20058", "争", "hatch"),
    LegendClass("on_hold", "暂缓", "#72737F", "缓", "backhatch"),
)
