#!/usr/bin/env python3
"""Trains the zstd dictionary of each kind and writes it as NAME.zdict and, for C, as NAME.inc.

    train.py CAP_FOLDER RESOURCE_FOLDER      (reads *.cap, *.xml and *.csv; writes beside itself)

The dictionaries are part of format 1: what was compressed with them must be read for ever.  So this was run
once, with public samples (CAP examples of the OASIS specification and of google/cap-library, real alerts
of the US Weather Service, stock and hospital lists of sahana/eden) and the sentences below; it is kept
to show what the dictionaries are made of.  Contacts and donors, who may be persons, are left out.  A better dictionary gets a new id.
"""
import csv
import random
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAX_BYTES = 8192
IDS = {"incident": 40001, "resource": 40002, "evaluation": 40003}  # zstd's numbers for private use
chance = random.Random(7117)


# ---- msgpack, as base/pack.h writes it ----

def head(n, short, short_max, wide):
    if n <= short_max:
        return bytes([short | n])
    for code, size in wide:
        if n < 1 << 8 * size:
            return bytes([code]) + n.to_bytes(size, "big")
    raise ValueError(n)


def pack(v):
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        return head(v, 0, 127, ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)))
    if isinstance(v, str):
        b = v.encode()
        return head(len(b), 0xA0, 31, ((0xD9, 1), (0xDA, 2), (0xDB, 4))) + b
    if isinstance(v, bytes):
        return head(len(v), 0xC4, -1, ((0xC4, 1), (0xC5, 2), (0xC6, 4))) + v
    if isinstance(v, list):
        return head(len(v), 0x90, 15, ((0xDC, 2), (0xDD, 4))) + b"".join(map(pack, v))
    return head(len(v), 0x80, 15, ((0xDE, 2), (0xDF, 4))) + b"".join(pack(k) + pack(x) for k, x in v.items())


def table(kind):
    """Field numbers and types from the kind's own file, so that both cannot differ."""
    rows = {"name": (0, "TEXT"), "alias": (1, "TEXTS"), "tlp": (2, "TOKEN")}
    text = (HERE.parent / f"{kind}.c").read_text()
    for number, name, kind_of in re.findall(r'\.number = (\d+), \.name = "(\w+)", \.type = FIELD_(\w+)', text):
        rows[name] = (int(number), kind_of)
    return rows


TABLES = {kind: table(kind) for kind in IDS}


def body(kind, values):
    rows = TABLES[kind]
    out = {rows[k][0]: v for k, v in values.items() if v not in (None, "", [])}
    return pack(dict(sorted(out.items())))


# ---- incidents from CAP ----

def cap_values(path, keep_original):
    raw = path.read_bytes()
    try:
        root = ET.fromstring(raw)
    except ET.ParseError:
        return
    strip = lambda e: e.tag.split("}")[-1]
    top = {strip(e): (e.text or "").strip() for e in root}
    text = lambda e, name: next(((x.text or "").strip() for x in e if strip(x) == name), "")
    every = lambda e, name: [x for x in e if strip(x) == name]
    pair = lambda e: f"{text(e, 'valueName')}={text(e, 'value')}"
    infos = every(root, "info")
    for info in infos:
        areas = every(info, "area")
        polygons = ["POLYGON " + " ".join((p.text or "").split()) for a in areas for p in every(a, "polygon")
                    if (p.text or "").strip()]
        circles = ["CIRCLE " + " ".join((c.text or "").split()) for a in areas for c in every(a, "circle")
                   if (c.text or "").strip()]
        description = re.sub(r"[ \t]*\n[ \t]*", "\n", text(info, "description"))
        yield {
            "name": text(info, "headline") or text(info, "event"),
            "phase": "active" if text(info, "urgency") in ("Immediate", "Past") else "warned",
            "category": [(c.text or "").strip() for c in every(info, "category")] or ["Other"],
            "event": text(info, "event"), "urgency": text(info, "urgency"),
            "severity": text(info, "severity"), "certainty": text(info, "certainty"),
            "area_desc": "; ".join(text(a, "areaDesc") for a in areas)[:2000],
            "area": [x[:2000] for x in (polygons + circles)[:8]],
            "geocode": [pair(g) for a in areas for g in every(a, "geocode")][:64],
            "headline": text(info, "headline"), "description": description,
            "instruction": re.sub(r"[ \t]*\n[ \t]*", "\n", text(info, "instruction")),
            "response_type": [(c.text or "").strip() for c in every(info, "responseType")],
            "language": text(info, "language") or "en-US", "effective": text(info, "effective"),
            "onset": text(info, "onset"), "expires": text(info, "expires"),
            "sender_name": text(info, "senderName"), "web": text(info, "web"),
            "event_code": [pair(e) for e in every(info, "eventCode")],
            "parameter": [pair(p) for p in every(info, "parameter")],
            "cap_status": top.get("status"), "msg_type": top.get("msgType"), "scope": top.get("scope"),
            "sender": top.get("sender"), "identifier": top.get("identifier"), "sent": top.get("sent"),
            "references": top.get("references", "").split(), "info_count": len(infos),
            "alias": [f"cap:{top.get('sender')},{top.get('identifier')},{top.get('sent')}"],
            "original": {1: "application/cap+xml", 2: raw[:6000]} if keep_original else None,
        }


OFFICES = ["Duluth (Northeast Minnesota and Northern Wisconsin)", "Sacramento CA", "Miami FL", "Norman OK",
           "Boulder CO", "Mount Holly NJ", "New York NY", "Seattle WA", "Houston/Galveston TX", "Honolulu HI"]
WARNINGS = [
    ("Flash Flood Warning", "FFW", "Severe", "Immediate", "Likely",
     "* WHAT...Flash flooding caused by excessive rainfall is expected.\n* WHERE...A portion of the county, "
     "including the following areas.\n* WHEN...Until %s.\n* IMPACTS...Flash flooding of small creeks and streams, "
     "urban areas, highways, streets and underpasses.",
     "Turn around, don't drown when encountering flooded roads. Most flood deaths occur in vehicles.\nMove to "
     "higher ground now. Act quickly to protect your life."),
    ("Flood Warning", "FLW", "Severe", "Expected", "Likely",
     "...The Flood Warning remains in effect until further notice...\n* WHAT...Moderate flooding is occurring and "
     "forecast to continue.\n* WHEN...Until %s.\n* ADDITIONAL DETAILS...The river is expected to crest above flood "
     "stage.", "Be especially cautious at night when it is harder to recognize the dangers of flooding."),
    ("Severe Thunderstorm Warning", "SVR", "Severe", "Immediate", "Observed",
     "At %s, a severe thunderstorm was located over the area, moving northeast at 35 mph.\nHAZARD...60 mph wind gusts "
     "and quarter size hail.\nSOURCE...Radar indicated.\nIMPACT...Hail damage to vehicles is expected. Expect wind "
     "damage to roofs, siding, and trees.", "For your protection move to an interior room on the lowest floor of a building."),
    ("Tornado Warning", "TOR", "Extreme", "Immediate", "Observed",
     "At %s, a confirmed tornado was located near the area.\nHAZARD...Damaging tornado.\nIMPACT...Flying debris "
     "will be dangerous to those caught without shelter.",
     "TAKE COVER NOW! Move to a basement or an interior room on the lowest floor of a sturdy building. Avoid windows."),
    ("Winter Storm Warning", "WSW", "Severe", "Expected", "Likely",
     "* WHAT...Heavy snow. Total snow accumulations of 6 to 12 inches. Winds gusting as high as 45 mph.\n"
     "* WHEN...From this evening to %s.\n* IMPACTS...Travel could be very difficult to impossible.",
     "If you must travel, keep an extra flashlight, food, and water in your vehicle in case of an emergency."),
    ("Red Flag Warning", "RFW", "Severe", "Expected", "Likely",
     "* WINDS...Southwest 15 to 25 mph with gusts up to 40 mph.\n* RELATIVE HUMIDITY...As low as 8 percent.\n"
     "* IMPACTS...Any fires that develop will likely spread rapidly until %s. Outdoor burning is not recommended.",
     "A Red Flag Warning means that critical fire weather conditions are either occurring now, or will shortly."),
    ("Special Weather Statement", "SPS", "Moderate", "Expected", "Observed",
     "Patchy dense fog will reduce visibility to one quarter mile or less through %s.",
     "Slow down, use low beam headlights, and leave plenty of distance ahead of you."),
]
PLACES = ["宜宾市翠屏区", "成都市都江堰市", "阿坝州汶川县", "雅安市芦山县", "郑州市金水区", "重庆市万州区", "广州市番禺区",
          "武汉市江夏区", "乐山市峨边县", "凉山州木里县", "绵阳市北川县", "自贡市荣县"]
CHINESE = [
    ("暴雨", "Met", "自然灾害", "气象台发布暴雨%s预警信号：预计未来%d小时内，{p}部分地区降雨量将达%d毫米以上，局地伴有短时强降水、雷电和大风，请注意防范。",
     "政府及相关部门按照职责做好防暴雨应急工作；切断低洼地带有危险的室外电源，暂停在空旷地方的户外作业，转移危险地带人员和危房居民到安全场所避雨；检查城市、农田、鱼塘排水系统，采取必要的排涝措施。"),
    ("洪水", "Met", "自然灾害", "水文局发布洪水%s预警：受上游强降雨影响，预计未来%d小时{p}河段水位将超警戒水位%d厘米，请沿江有关部门和群众加强防范。",
     "沿江低洼地区人员立即转移至安全地带；加强堤防巡查，做好抢险物资和队伍准备；停止涉水作业。"),
    ("地震", "Geo", "自然灾害", "{p}发生地震，抗震救灾指挥部启动%s响应，%d小时内已转移安置群众%d人，震源深度10千米，通信、电力、道路抢修正在进行。",
     "注意防范余震，远离受损建筑物和山体滑坡危险区，服从现场指挥，保持道路畅通。"),
    ("地质灾害", "Geo", "自然灾害", "自然资源局与气象局联合发布地质灾害气象风险%s预警：%d小时内{p}发生山体滑坡、泥石流的可能性较大，涉及隐患点%d处。",
     "加强隐患点监测巡查，受威胁群众提前避险转移，险情排除前不得返回。"),
    ("危险化学品泄漏", "CBRNE", "事故灾难", "{p}一化工企业发生危险化学品泄漏，应急管理局启动%s响应，%d小时内疏散周边群众%d人，环境监测正在进行。",
     "请周边居民关闭门窗，向上风向撤离，听从现场指挥部安排。"),
    ("森林火灾", "Fire", "自然灾害", "{p}发生森林火灾，森林草原防灭火指挥部启动%s响应，%d小时内投入扑救力量%d人，火场总体可控。",
     "严禁一切野外用火，无关人员不得进入火场，保持通信畅通。"),
    ("传染病疫情", "Health", "公共卫生事件", "疾病预防控制中心报告{p}聚集性疫情，卫生健康委启动%s响应，%d小时内完成流行病学调查，密切接触者%d人。",
     "做好个人防护，如有发热等症状及时就医并如实报告接触史。"),
]
GRADES = [("特别重大", "Extreme", "红色"), ("重大", "Severe", "橙色"), ("较大", "Moderate", "黄色"), ("一般", "Minor", "蓝色")]


def when(zone):
    return (f"{chance.choice((2025, 2026, 2027))}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            f"T{chance.randint(0, 23):02}:{chance.choice((0, 5, 10, 15, 30, 45)):02}:00{zone}")


def weather():
    event, code, severity, urgency, certainty, description, instruction = chance.choice(WARNINGS)
    office, zone = chance.choice(OFFICES), chance.choice(("-06:00", "-05:00", "-08:00", "-04:00"))
    until = f"{chance.randint(1, 12)} {chance.choice(('AM', 'PM'))} {chance.choice(('CST', 'EST', 'PDT'))}"
    sent = when(zone)
    name = f"{event} issued {chance.choice(('March', 'July', 'October', 'December'))} {chance.randint(1, 28)} at {until} by NWS {office}"
    ident = "urn:oid:2.49.0.1.840.0." + "%040x" % chance.getrandbits(160) + ".001.1"
    lat, lon = chance.uniform(25, 48), chance.uniform(-122, -70)
    ring = [f"{lat + chance.uniform(-.5, .5):.2f},{lon + chance.uniform(-.5, .5):.2f}" for _ in range(chance.randint(3, 9))]
    fips = [f"{chance.randint(1, 56) * 1000 + chance.randint(1, 200):06}" for _ in range(chance.randint(1, 5))]
    return {
        "name": name, "phase": "warned", "category": ["Met"], "event": event, "urgency": urgency, "severity": severity,
        "certainty": certainty, "area_desc": "; ".join(f"County {f}" for f in fips), "area": ["POLYGON " + " ".join(ring + ring[:1])],
        "geocode": [f"SAME={f}" for f in fips] + [f"UGC=MNZ{chance.randint(1, 99):03}"], "headline": name,
        "description": description % until, "instruction": instruction, "response_type": [chance.choice(("Shelter", "Avoid", "Prepare", "Execute"))],
        "language": "en-US", "effective": sent, "onset": sent, "expires": when(zone), "sender_name": f"NWS {office}",
        "web": "http://www.weather.gov", "event_code": [f"SAME={code}", f"NationalWeatherService={code}"],
        "parameter": ["AWIPSidentifier=SVRDLH", "WMOidentifier=WUUS53 KDLH", "BLOCKCHANNEL=EAS", "EAS-ORG=WXR",
                      f"VTEC=/O.NEW.KDLH.{code[:2]}.W.{chance.randint(1, 99):04}.000000T0000Z-211228T0000Z/"],
        "cap_status": "Actual", "msg_type": chance.choice(("Alert", "Update")), "scope": "Public",
        "sender": "w-nws.webmaster@noaa.gov", "identifier": ident, "sent": sent, "info_count": 1,
        "alias": [f"cap:w-nws.webmaster@noaa.gov,{ident},{sent}"],
    }


def chinese():
    event, category, klass, text, instruction = chance.choice(CHINESE)
    grade, severity, colour = chance.choice(GRADES)
    place, sent = chance.choice(PLACES), when("+08:00")
    phase = chance.choice(("warned", "active", "active", "recovery"))
    description = (text % (colour if "预警" in text else chance.choice(("一级", "二级", "三级", "四级")),
                           chance.choice((3, 6, 12, 24)), chance.choice((20, 50, 100, 1200)))).replace("{p}", place)
    out = {
        "name": place + event, "phase": phase, "category": [category], "event": event, "event_class": klass, "grade": grade,
        "severity": severity, "urgency": chance.choice(("Immediate", "Expected")), "certainty": chance.choice(("Observed", "Likely")),
        "confidence": chance.choice(("HighlyConfident", "SomewhatConfident", "Unsure")), "affected": chance.randint(1, 90000),
        "location": f"{chance.uniform(22, 34):.4f},{chance.uniform(101, 114):.4f}", "area_desc": place,
        "geocode": [f"GB2260={chance.choice((511502, 510181, 513221, 410105, 500101))}"], "started": sent,
        "plan_clause": f"《{event}应急预案》第{chance.randint(3, 6)}.{chance.randint(1, 4)}条", "authorised_by": chance.choice(("市应急指挥部", "应急管理局值班室", "市人民政府")),
        "command": event + "现场指挥部", "headline": f"{place}{event}{colour}预警" if phase == "warned" else f"{place}{event}{grade}事件",
        "description": description, "instruction": instruction, "language": "zh-CN", "sender_name": chance.choice(("市气象台", "市应急管理局", "市水文局")),
        "tlp": chance.choice(("TLP:GREEN", "TLP:AMBER", "TLP:CLEAR")),
    }
    if chance.random() < 0.5:
        out["area"] = [f"CIRCLE {out['location']} {chance.choice((5, 10, 20, 50))}"]
    if chance.random() < 0.3:
        out["alias"] = [f"FL-2026-{chance.randint(1, 999):06}-CHN"]
    return out


def plain():
    """What an operator types: four or five fields, and what an update sets."""
    place = chance.choice(("Min River", "Harbour", "North Valley", "Route 9", "Airport", "Old Town", "Lake Dam"))
    event = chance.choice(("flood", "landslide", "wildfire", "building collapse", "power outage", "earthquake", "chemical spill"))
    out = {"name": f"{place} {event}", "phase": chance.choice(("latent", "warned", "active", "recovery", "closed")),
           "category": chance.choice((["Met"], ["Geo"], ["Fire"], ["Infra"], ["Safety", "Rescue"], ["Health"])),
           "severity": chance.choice(("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
           "urgency": chance.choice(("Immediate", "Expected", "Future", "Unknown")), "certainty": chance.choice(("Observed", "Likely", "Possible")),
           "event": event.capitalize(), "affected": chance.randint(1, 5000), "location": f"{chance.uniform(-60, 60):.4f},{chance.uniform(-170, 170):.4f}",
           "area_desc": f"{place} and surroundings", "started": when(chance.choice(("+08:00", "Z", "+01:00"))),
           "description": f"{event.capitalize()} reported at {place}. Situation is developing; resources have been requested."}
    keys = list(out)
    return {k: out[k] for k in keys[:chance.randint(3, len(keys))]}


def as_cap(v, prefix=""):
    """The values as the CAP 1.2 message that they came with: tags are most of what an original holds."""
    tag = lambda name, key: "".join(f"<{prefix}{name}>{x}</{prefix}{name}>\n" for x in
                                    (v.get(key) if isinstance(v.get(key), list) else [v.get(key)]) if x)
    pairs = lambda name, key: "".join(
        f"<{prefix}{name}>\n<{prefix}valueName>{x.split('=', 1)[0]}</{prefix}valueName>\n"
        f"<{prefix}value>{x.split('=', 1)[1]}</{prefix}value>\n</{prefix}{name}>\n" for x in v.get(key, []))
    shape = "".join(f"<{prefix}{kind.lower()}>{x.split(' ', 1)[1]}</{prefix}{kind.lower()}>\n" for x in v.get("area", [])
                    for kind in [x.split(" ", 1)[0]])
    space = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}alert {space}="urn:oasis:names:tc:emergency:cap:1.2">\n'
            + tag("identifier", "identifier") + tag("sender", "sender") + tag("sent", "sent") + tag("status", "cap_status")
            + tag("msgType", "msg_type") + tag("source", "source") + tag("scope", "scope") + tag("references", "references")
            + f"<{prefix}info>\n" + tag("language", "language") + tag("category", "category") + tag("event", "event")
            + tag("responseType", "response_type") + tag("urgency", "urgency") + tag("severity", "severity")
            + tag("certainty", "certainty") + pairs("eventCode", "event_code") + tag("effective", "effective")
            + tag("onset", "onset") + tag("expires", "expires") + tag("senderName", "sender_name") + tag("headline", "headline")
            + tag("description", "description") + tag("instruction", "instruction") + tag("web", "web") + pairs("parameter", "parameter")
            + f"<{prefix}area>\n" + tag("areaDesc", "area_desc") + shape + pairs("geocode", "geocode")
            + f"</{prefix}area>\n</{prefix}info>\n</{prefix}alert>\n").encode()


def imported(values):
    """One of three came as a message, and the message is kept."""
    roll = chance.random()
    if roll > 0.33:
        return values
    return {**values, "original": {1: "application/cap+xml", 2: as_cap(values, "cap:" if roll < 0.08 else "")}}


def incidents(folder):
    for path in sorted([*folder.glob("*.cap"), *folder.glob("*.xml")]):
        for keep in (False, True):
            for values in cap_values(path, keep):
                yield body("incident", values)
    for _ in range(300):
        yield body("incident", imported(weather()))
        yield body("incident", imported(chinese()))
        yield body("incident", plain())


# ---- resources from lists ----

COLUMNS = {
    "eden-warehouse_stock.csv": {"Warehouse": "site", "Category": "category", "Item Name": "name", "Catalog": "catalog",
                                 "Tracking Number": "tracking", "Comments": "comments", "Unit of Measure": "unit_text",
                                 "Currency": "currency", "Unit Value": "unit_value", "Quantity": "quantity"},
    "eden-org_resource.csv": {"Organisation": "owner_org", "Branch": "branch", "Resource Type": "name", "Country": "country",
                              "L1": "adm1", "L2": "adm2", "L3": "adm3", "Quantity": "quantity", "Comments": "comments"},
    "eden-hospital.csv": {"Name": "name", "Code": "code", "Type": "resource_type", "Status": "status_text",
                          "Beds Total": "beds_total", "Organisation": "owner_org", "Country": "country", "L1": "adm1",
                          "L2": "adm2", "L3": "adm3", "Lat": "lat", "Lon": "lon", "Comments": "comments"},
}
STOCK = [("Family tent", "{tent}"), ("Blanket", "{blanket}"), ("Bottled water 1.5 L", "{bottle}"), ("Rice", "kg"), ("Generator 5 kW", "{generator}"),
         ("Water pump", "{pump}"), ("Diesel", "L"), ("Sandbag", "{bag}"), ("First aid kit", "{kit}"), ("帐篷", "{tent}"), ("棉被", "{quilt}"),
         ("方便食品", "{box}"), ("应急照明车", "{vehicle}"), ("冲锋舟", "{boat}"), ("发电机", "{generator}"), ("医用防护服", "{suit}"), ("排水泵", "{pump}")]
TEAMS = [("Urban Search and Rescue Task Force", "Type 1"), ("Swiftwater/Flood Search and Rescue Team", "Type 2"), ("Ambulance", "Type 3"),
         ("Fire Engine (Pumper)", "Type 3"), ("Helicopter", "Type 2"), ("国家综合性消防救援队", "Type 1"), ("水上救援队", "Type 2"), ("医疗救护队", "Type 3")]


def resource():
    roll = chance.random()
    site = chance.choice(("Warehouse 2", "Central Depot", "North Station", "市救灾物资储备库", "翠屏区应急仓库", "Regional Hub"))
    owner = chance.choice(("Yibin Emergency Management Bureau", "Red Cross", "Civil Protection", "宜宾市应急管理局", "消防救援支队", "Department of Health"))
    if roll < 0.5:
        name, unit = chance.choice(STOCK)
        return {"name": name, "status": "Available", "resource_type": name, "category": chance.choice(("Shelter", "Food", "Water", "Energy", "生活类", "装备类")),
                "quantity": str(chance.randint(1, 9000)), "unit": unit, "minimum": str(chance.choice((10, 50, 100, 500))), "lot": f"L{chance.randint(1000, 9999)}",
                "expires": when("+08:00") if chance.random() < 0.4 else None, "site": site, "owner_org": owner, "unit_value": f"{chance.randint(1, 900)}.00",
                "currency": chance.choice(("CNY", "USD", "PHP", "EUR")), "code": f"{chance.randint(1000000, 3999999)}", "country": "CN", "adm1": "四川省", "adm2": "宜宾市",
                "lat": f"{chance.uniform(28, 31):.4f}", "lon": f"{chance.uniform(103, 107):.4f}", "tlp": "TLP:GREEN"}
    if roll < 0.75:
        name, kind = chance.choice(TEAMS)
        return {"name": f"{name} {chance.randint(1, 30)}", "status": chance.choice(("Available", "Committed", "Assigned", "Out of Service")), "resource_type": name,
                "quantity": "1", "unit": "{team}", "nims_kind": name, "nims_type": kind, "availability": "Available", "owner_org": owner, "site": site, "country": "CN"}
    return {"name": chance.choice(("General Hospital", "County Hospital", "第一人民医院", "中医医院", "Clinic")) + f" {chance.randint(1, 40)}", "resource_type": "Hospital",
            "status": "Available", "facility_status": chance.choice(("Normal", "Compromised", "Evacuating", "Closed")), "clinical_status": chance.choice(("Normal", "Level1", "Level2", "Full")),
            "ems_traffic": chance.choice(("Normal", "Advisory", "Closed")), "beds_total": chance.randint(20, 1500), "beds_available": chance.randint(0, 200), "staffing": "Adequate",
            "supplies": chance.choice(("Adequate", "Insufficient")), "owner_org": owner, "adm1": "四川省", "counted": when("+08:00"), "status_text": "Functional"}


def resources(folder):
    for name, columns in COLUMNS.items():
        with open(folder / name, newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                values = {field: (row.get(column) or "").strip() for column, field in columns.items()}
                if "beds_total" in values:
                    values["beds_total"] = int(values["beds_total"]) if values["beds_total"].isdigit() else None
                yield body("resource", values)
    for _ in range(600):
        yield body("resource", resource())


# ---- evaluations ----

CAPABILITIES = ["Mass Care Services", "Operational Communications", "Public Information and Warning", "Logistics and Supply Chain Management",
                "Mass Search and Rescue Operations", "Situational Assessment", "Operational Coordination", "应急指挥协调", "物资保障", "信息发布", "医疗救治", "转移安置"]
GOOD = ["Notification reached all partners in time.", "Resource requests were answered within the agreed period.", "Shared situational awareness was kept throughout.",
        "The command post was established quickly.", "Mutual aid was deployed without delay.", "信息报送及时准确。", "各部门协同配合良好。", "物资调拨有序，去向清楚。", "群众转移组织得力。"]
BAD = ["Two agencies kept different figures for the same area.", "Requests lacked quantity and unit.", "The radio plan was not distributed to partners.",
       "Inventories were out of date.", "Delivery was not confirmed.", "部分物资台账更新不及时。", "跨区域通信保障不足。", "预警信息发布环节偏多。", "装备到位时间超出预案要求。"]
TODO = ["Update the communications plan; responsible: Emergency Management; due 2027-03-31.", "Train duty officers in resource requests; responsible: Training; due 2027-06-30.",
        "Review minimum stock levels with all partners.", "修订应急预案相关条款，责任单位：市应急管理局，2027年3月底前完成。", "每季度盘点应急物资并更新目录。", "组织跨部门联合演练，责任单位：市消防救援支队。"]


def evaluation():
    pick = lambda source: chance.sample(source, chance.randint(1, 3))
    share = lambda: f"0.{chance.randint(10, 99)}"
    kind = chance.choice(("after-action", "performance", "exercise", "lessons"))
    zone = chance.choice(("+08:00", "Z", "-05:00"))
    out = {"name": chance.choice(("After-action report: ", "Performance report: ", "Flood exercise ", "演练评估：", "总结报告：")) + chance.choice(("Min River flood", "Harbour fire", "岷江洪水", "地震救援", "2026")),
           "status": chance.choice(("Draft", "Under Review", "Approved")), "report_type": kind, "subject": chance.randbytes(16), "period_from": when(zone), "period_to": when(zone),
           "mission_area": chance.sample(["Prevention", "Protection", "Mitigation", "Response", "Recovery"], chance.randint(1, 2)), "capability": chance.choice(CAPABILITIES),
           "objective": chance.choice(("Establish a unified command within one hour.", "Deliver relief supplies within 24 hours.", "检验应急响应启动和信息报送流程。")),
           "rating": chance.choice("PSMU"), "strengths": pick(GOOD), "areas_for_improvement": pick(BAD), "corrective_actions": pick(TODO),
           "capability_element": chance.sample(["Planning", "Organization", "Equipment", "Training", "Exercise"], chance.randint(1, 3)),
           "prepared_by": chance.choice(("Planning Section Chief", "Evaluation Unit", "市应急管理局评估组")), "request_to_offer_s": chance.randint(60, 20000),
           "offer_to_arrival_s": chance.randint(600, 200000), "fill_rate": share(), "timeliness": share(),
           "method": chance.choice(("computed from the records of requests, offers and arrivals; late: after the time asked for", "按请求、响应、到达记录计算；加权方法：AHP")),
           "sources": [["measures", chance.randbytes(16)] for _ in range(chance.randint(1, 4))], "tlp": chance.choice(("TLP:GREEN", "TLP:AMBER")),
           "participants": chance.sample(["Red Cross", "Civil Protection", "Fire Service", "市公安局", "市卫生健康委", "市水利局", "市气象局"], 3)}
    keys = list(out)
    chosen = keys[:3] + [k for k in keys[3:] if chance.random() < 0.8]
    return {k: out[k] for k in chosen}


# ---- training ----

def train(kind, samples):
    samples = [s for s in samples if len(s) >= 8]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, sample in enumerate(samples):
            path = Path(folder) / f"{i:05}"
            path.write_bytes(sample)
            paths.append(path)
        out = HERE / f"{kind}.zdict"
        subprocess.run(["zstd", "-q", "-f", "--train-cover=k=64,d=8", "-T1", "-19", f"--maxdict={MAX_BYTES}", f"--dictID={IDS[kind]}",
                        *map(str, paths), "-o", str(out)], check=True)
        sizes = {}
        for label, option in (("alone", []), ("dictionary", ["-D", str(out)])):
            small = [subprocess.run(["zstd", "-q", "-3", "--no-check", "-c", *option, str(p)], check=True, capture_output=True).stdout
                     for p in paths[::10]]
            sizes[label] = sum(map(len, small))
        print(f"{kind}: {len(samples)} samples, every 10th {sum(len(s) for s in samples[::10])} bytes,", sizes, out.stat().st_size)
    data = out.read_bytes()
    lines = [", ".join(f"0x{b:02x}" for b in data[i:i + 20]) + "," for i in range(0, len(data), 20)]
    (HERE / f"{kind}.inc").write_text("\n".join(lines) + "\n")


def main():
    cap, lists = map(Path, sys.argv[1:3])
    train("incident", list(incidents(cap)))
    train("resource", list(resources(lists)))
    train("evaluation", [body("evaluation", evaluation()) for _ in range(800)])


if __name__ == "__main__":
    main()
