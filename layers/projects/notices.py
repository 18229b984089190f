"""The three public papers of an acquisition: pre-announcement, plan, announcement (Implementation Regulations arts. 26, 28, 31)."""

from __future__ import annotations

from geoapp.overlay import Notice

SEAL = ">{county}人民政府"
NOTICES = (
    Notice(
        "pre-announcement",
        "{county}人民政府征收土地预公告",
        (
            "因{purpose}需要，拟征收{town}{places}部分集体土地，用于{name}。根据《中华人民共和国土地管理法》第四十七条、《中华人民共和国土地管理法实施条例》第二十六条，现将有关事项公告如下：",
            "一、征收范围：{town}{places}，总面积 {area_ha} 公顷（{area_mu} 亩），具体以勘测定界图为准。",
            "二、征收目的：{purpose}。",
            "三、土地现状调查：自本公告发布之日起，由{town}人民政府会同有关部门对拟征收土地的位置、权属、地类、面积以及农村村民住宅、其他地上附着物和青苗等的权属、种类、数量进行调查，请有关单位和个人予以配合。",
            "四、自本公告发布之日起，任何单位和个人不得在拟征收范围内抢栽抢建；违反规定抢栽抢建的，对抢栽抢建部分不予补偿。",
            "五、本公告时间自{day}至{term_end}（十个工作日）。",
            SEAL,
            ">{day}",
        ),
        on="pre_announced_on", days=10, working=True,
    ),
    Notice(
        "plan",
        "{county}人民政府征地补偿安置方案公告",
        (
            "根据《中华人民共和国土地管理法》第四十七条、《中华人民共和国土地管理法实施条例》第二十八条，依据社会稳定风险评估结果，结合土地现状调查情况，拟定了{name}征地补偿安置方案，现公告如下：",
            "一、征收范围：{town}{places}，总面积 {area_ha} 公顷（{area_mu} 亩）。",
            "二、土地现状：{classes}。",
            "三、补偿方式和标准：土地补偿费和安置补助费按征收农用地区片综合地价执行；青苗、地上附着物、农村村民住宅的补偿和社会保障费用按省有关规定单独列支。",
            "四、办理补偿登记：土地所有权人、使用权人应在公告期内持不动产权属证明材料到{town}人民政府办理补偿登记。逾期未办理的，以调查结果为准。",
            "五、多数被征地的农村集体经济组织成员认为方案不符合法律、法规规定的，将组织听证。意见可在公告期内书面提交{town}人民政府。",
            "六、本公告时间自{day}至{term_end}（不少于三十日）。",
            SEAL,
            ">{day}",
        ),
        on="plan_published_on", days=30,
    ),
    Notice(
        "announcement",
        "{county}人民政府征收土地公告",
        (
            "{name}征收土地已依法批准（批准日期：{approved_on}）。根据《中华人民共和国土地管理法》第四十七条、《中华人民共和国土地管理法实施条例》第三十一条，现公告如下：",
            "一、征收范围：{town}{places}，总面积 {area_ha} 公顷（{area_mu} 亩），其中{classes}。",
            "二、征收时间：自本公告发布之日起实施。",
            "三、已签订征地补偿安置协议的，按协议支付补偿费用；未达成协议的，由{county}人民政府作出征地补偿安置决定。",
            "四、对征收决定不服的，可在知道之日起六十日内申请行政复议，或在六个月内提起行政诉讼。",
            SEAL,
            ">{day}",
        ),
        on="acq_announced_on",
    ),
)  # fmt: skip
