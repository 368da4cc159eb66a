"""Writes the reference seeds that come from published lists.

    python scripts/build_reference_seeds.py [--codes DIR] [--check]

Reads the code lists and series of DIR (default: ../shared/data/codes beside the repository) and writes, to
seeds/reference/:

    ref_industry_code.csv   GB/T 4754 (2017 from the list; 2011 as far as it is needed), ISIC Rev.4, NAICS
    ref_region.csv          GB/T 2260 provinces and cities
    ref_fx_rate.csv         European Central Bank reference rates by month
    ref_lpr.csv             loan prime rate by day of change

The other seeds of seeds/reference/ and seeds/rules/ are kept by hand, as CSV. With --check nothing is written; the
exit code is 1 when a file differs from what would be written.

The same lists give the same files, byte for byte: sorted, no clock, no floats.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import gzip
import io
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_CODES = ROOT.parent / "shared" / "data" / "codes"
SEEDS = ROOT / "seeds" / "reference"

Row = dict[str, str]

# The list of 2017 cuts long names off, and one name carries a part of its explanation. Only names whose end is certain.
GB_2017_TITLES = {
    "306": "玻璃纤维和玻璃纤维增强塑料制品制造",
    "3531": "食品、酒、饮料及茶生产专用设备制造",
    "354": "印刷、制药、日化及日用品生产专用设备制造",
    "3546": "玻璃、陶瓷和搪瓷制品生产专用设备制造",
    "3552": "皮革、毛皮及其制品加工专用设备制造",
    "3583": "医疗实验室及医用消毒设备和器具制造",
    "359": "环保、邮政、社会公共服务及其他专用设备制造",
    "37": "铁路、船舶、航空航天和其他运输设备制造业",
    "3939": "应用电视设备及其他广播电视设备制造",
    "4023": "导航、测绘、气象及海洋专用仪器制造",
}

# The edition of 2011 as far as a client can be placed by it. Divisions 01-57 and 60-78 have the content of 2017 under
# (nearly) the same name and are taken from there; 79-96 moved by one or more and are given in full, because their
# numbers collide with other content of 2017. Of the other divisions the groups stand here whose number was given away
# or whose row in the size standard or the high-technology lists hangs on the group.
GB_2011_DIVISIONS = {
    "58": ("G", "装卸搬运和运输代理业"),
    "59": ("G", "仓储业"),
    "79": ("O", "居民服务业"),
    "80": ("O", "机动车、电子产品和日用产品修理业"),
    "81": ("O", "其他服务业"),
    "82": ("P", "教育"),
    "83": ("Q", "卫生"),
    "84": ("Q", "社会工作"),
    "85": ("R", "新闻和出版业"),
    "86": ("R", "广播、电视、电影和影视录音制作业"),
    "87": ("R", "文化艺术业"),
    "88": ("R", "体育"),
    "89": ("R", "娱乐业"),
    "90": ("S", "中国共产党机关"),
    "91": ("S", "国家机构"),
    "92": ("S", "人民政协、民主党派"),
    "93": ("S", "社会保障"),
    "94": ("S", "群众团体、社会团体和其他成员组织"),
    "95": ("S", "基层群众自治组织"),
    "96": ("T", "国际组织"),
}
GB_2011_UNCHANGED_GROUPS = (
    "358 374 391 392 393 394 395 399 401 402 403 409 582 599 701 702 703 704 709 731 732 733 734 735"
).split()
# One group a line; its classes follow after the colon (none where the group alone decides), and a group without a colon
# has one class of the same name.
# An indented line continues the one before.
GB_2011_GROUPS = """
396 电子器件制造:
397 电子元件制造:
404 光学仪器及眼镜制造:
581 装卸搬运:
591 谷物、棉花等农产品仓储:
791 家庭服务
792 托儿所服务
793 洗染服务
794 理发及美容服务
795 洗浴服务
796 保健服务
797 婚姻服务
798 殡葬服务
799 其他居民服务业
801 汽车、摩托车修理与维护: 8011 汽车修理与维护 8012 摩托车修理与维护
802 计算机和办公设备维修: 8021 计算机和辅助设备修理 8022 通讯设备修理 8029 其他办公设备维修
803 家用电器修理: 8031 家用电子产品修理 8032 日用电器修理
809 其他日用产品修理业: 8091 自行车修理 8092 鞋和皮革修理 8093 家具和相关物品修理 8099 其他未列明日用产品修理业
811 清洁服务: 8111 建筑物清洁服务 8119 其他清洁服务
819 其他未列明服务业
821 学前教育
822 初等教育: 8221 普通小学教育 8222 成人小学教育
823 中等教育: 8231 普通初中教育 8232 职业初中教育 8233 成人初中教育
    8234 普通高中教育 8235 成人高中教育 8236 中等职业学校教育
824 高等教育: 8241 普通高等教育 8242 成人高等教育
825 特殊教育
829 技能培训、教育辅助及其他教育: 8291 职业技能培训 8292 体校及体育培训 8293 文化艺术培训
    8294 教育辅助服务 8299 其他未列明教育
831 医院: 8311 综合医院 8312 中医医院 8313 中西医结合医院 8314 民族医院 8315 专科医院 8316 疗养院
832 社区医疗与卫生院: 8321 社区卫生服务中心(站) 8322 街道卫生院 8323 乡镇卫生院
833 门诊部(所)
834 计划生育技术服务活动
835 妇幼保健院(所、站)
836 专科疾病防治院(所、站)
837 疾病预防控制中心
839 其他卫生活动
841 提供住宿社会工作: 8411 干部休养所 8412 护理机构服务 8413 精神康复服务
    8414 老年人、残疾人养护服务 8415 孤残儿童收养和庇护服务 8419 其他提供住宿社会救助
842 不提供住宿社会工作: 8421 社会看护与帮助服务 8429 其他不提供住宿社会工作
851 新闻业
852 出版业: 8521 图书出版 8522 报纸出版 8523 期刊出版 8524 音像制品出版 8525 电子出版物出版 8529 其他出版业
861 广播
862 电视
863 电影和影视节目制作
864 电影和影视节目发行
865 电影放映
866 录音制作
871 文艺创作与表演
872 艺术表演场馆
873 图书馆与档案馆: 8731 图书馆 8732 档案馆
874 文物及非物质文化遗产保护
875 博物馆
876 烈士陵园、纪念馆
877 群众文化活动
879 其他文化艺术业
881 体育组织
882 体育场馆
883 休闲健身活动
889 其他体育
891 室内娱乐活动: 8911 歌舞厅娱乐活动 8912 电子游艺厅娱乐活动 8913 网吧活动 8919 其他室内娱乐活动
892 游乐园
893 彩票活动
894 文化、娱乐、体育经纪代理: 8941 文化娱乐经纪人 8942 体育经纪人 8949 其他文化艺术经纪代理
899 其他娱乐业
900 中国共产党机关
911 国家权力机构
912 国家行政机构: 9121 综合事务管理机构 9122 对外事务管理机构 9123 公共安全管理机构
    9124 社会事务管理机构 9125 经济事务管理机构 9126 行政监督检查机构
913 人民法院和人民检察院: 9131 人民法院 9132 人民检察院
919 其他国家机构
921 人民政协
922 民主党派
930 社会保障
941 群众团体: 9411 工会 9412 妇联 9413 共青团 9419 其他群众团体
942 社会团体: 9421 专业性团体 9422 行业性团体 9429 其他社会团体
943 基金会
944 宗教组织
951 社区自治组织
952 村民自治组织
960 国际组织
"""

# NAICS groups (four digits, with the subsectors above them) that later editions dropped and whose number was not given
# to something else since: old files are full of them. A number that was reused (5132, 5161, 5171, 5173) is left out,
# because a file without an edition most likely means the new content.
NAICS_RETIRED = {
    "1997": {
        "233": "Building, Developing, and General Contracting",
        "2331": "Land Subdivision and Land Development",
        "2332": "Residential Building Construction",
        "2333": "Nonresidential Building Construction",
        "234": "Heavy Construction",
        "2341": "Highway, Street, Bridge, and Tunnel Construction",
        "2349": "Other Heavy Construction",
        "235": "Special Trade Contractors",
        "2351": "Plumbing, Heating, and Air-Conditioning Contractors",
        "2352": "Painting and Wall Covering Contractors",
        "2353": "Electrical Contractors",
        "2354": "Masonry, Drywall, Insulation, and Tile Contractors",
        "2355": "Carpentry and Floor Contractors",
        "2356": "Roofing, Siding, and Sheet Metal Contractors",
        "2357": "Concrete Contractors",
        "2358": "Water Well Drilling Contractors",
        "2359": "Other Special Trade Contractors",
        "421": "Wholesale Trade, Durable Goods",
        "4211": "Motor Vehicle and Motor Vehicle Parts and Supplies Wholesalers",
        "4212": "Furniture and Home Furnishing Wholesalers",
        "4213": "Lumber and Other Construction Materials Wholesalers",
        "4214": "Professional and Commercial Equipment and Supplies Wholesalers",
        "4215": "Metal and Mineral (except Petroleum) Wholesalers",
        "4216": "Electrical Goods Wholesalers",
        "4217": "Hardware, and Plumbing and Heating Equipment and Supplies Wholesalers",
        "4218": "Machinery, Equipment, and Supplies Wholesalers",
        "4219": "Miscellaneous Durable Goods Wholesalers",
        "422": "Wholesale Trade, Nondurable Goods",
        "4221": "Paper and Paper Product Wholesalers",
        "4222": "Drugs and Druggists Sundries Wholesalers",
        "4223": "Apparel, Piece Goods, and Notions Wholesalers",
        "4224": "Grocery and Related Product Wholesalers",
        "4225": "Farm Product Raw Material Wholesalers",
        "4226": "Chemical and Allied Products Wholesalers",
        "4227": "Petroleum and Petroleum Products Wholesalers",
        "4228": "Beer, Wine, and Distilled Alcoholic Beverage Wholesalers",
        "4229": "Miscellaneous Nondurable Goods Wholesalers",
        "5133": "Telecommunications",
        "514": "Information Services and Data Processing Services",
        "5141": "Information Services",
        "5142": "Data Processing Services",
    },
    "2002": {
        "5175": "Cable and Other Program Distribution",
        "5181": "Internet Service Providers and Web Search Portals",
    },
    "2007": {
        "7221": "Full-Service Restaurants",
        "7222": "Limited-Service Eating Places",
    },
    "2012": {
        "4521": "Department Stores",
        "4529": "Other General Merchandise Stores",
        "5172": "Wireless Telecommunications Carriers (except Satellite)",
    },
}

# Hong Kong, Macao and Taiwan are provinces of GB/T 2260 but not in the list of provinces that is read.
REGIONS_NOT_IN_LIST = {"710000": "台湾省", "810000": "香港特别行政区", "820000": "澳门特别行政区"}

FX_CURRENCIES = "AUD BRL CAD CHF CNY GBP HKD IDR INR JPY KRW MYR PLN RUB SGD THB TRY USD ZAR".split()
FX_AVERAGE_STEP = Decimal("0.00000001")

RATE_FROM_MEMORY = "days and values written from memory [G]; check against the publication before showing as fact"


def read_list(codes: Path, name: str) -> list[Row]:
    path = codes / name
    opened = gzip.open(path, "rt", encoding="utf-8") if name.endswith(".gz") else path.open(encoding="utf-8")
    with opened as file:
        return list(csv.DictReader(file))


def plain_title(text: str) -> str:
    """Half-width brackets as staging folds them, and no apostrophe: some engines cannot load one from a seed."""
    folded = text.translate(str.maketrans({"（": "(", "）": ")", "'": None, "\u2019": None}))
    return " ".join(folded.split())


def industry_row(system: str, edition: str, code: str, parent: str, section: str, title: str, source: str) -> Row:
    return {
        "code_system": system,
        "edition": edition,
        "code": code,
        "code_level": str(len(code)),
        "parent_code": parent,
        "section_code": section,
        "title": plain_title(title),
        "source_ref": source,
    }


def gb_rows(codes: Path) -> Iterable[Row]:
    listed = {row["code"]: row for row in read_list(codes, "gbt4754_2017.csv")}
    for code, row in listed.items():
        title = GB_2017_TITLES.get(code, row["name"])
        repaired = "; name completed" if code in GB_2017_TITLES else ""
        yield industry_row(
            "GBT4754", "2017", code, row["parent"], row["section"], title, f"GB/T 4754-2017 list{repaired}"
        )

    recalled = "GB/T 4754-2011 from general knowledge [G]"
    section_of = {code: row["section"] for code, row in listed.items() if len(code) == 2 and code <= "78"}
    section_of |= {code: section for code, (section, _) in GB_2011_DIVISIONS.items()}
    for code, row in listed.items():
        is_section = len(code) == 1
        is_same_division = len(code) == 2 and code <= "78" and code not in GB_2011_DIVISIONS
        if is_section or is_same_division or code in GB_2011_UNCHANGED_GROUPS:
            title = GB_2017_TITLES.get(code, row["name"])
            yield industry_row("GBT4754", "2011", code, row["parent"], row["section"], title, recalled)
    for code, (section, title) in GB_2011_DIVISIONS.items():
        yield industry_row("GBT4754", "2011", code, section, section, title, recalled)
    for code, title in gb_2011_groups_and_classes():
        yield industry_row("GBT4754", "2011", code, code[:-1], section_of[code[:2]], title, recalled)


def gb_2011_groups_and_classes() -> Iterable[tuple[str, str]]:
    for line in GB_2011_GROUPS.strip().replace("\n    ", " ").splitlines():
        group, has_classes, classes = line.partition(":")
        code, title = group.split()
        yield code, title
        if has_classes:
            words = classes.split()
            yield from zip(words[::2], words[1::2], strict=True)
        else:
            yield f"{code}0", title


def isic_rows(codes: Path) -> Iterable[Row]:
    section_of: dict[str, str] = {}
    for row in read_list(codes, "isic_rev4.csv"):
        code, parent = row["code"], row["parent"]
        section_of[code] = section_of[parent] if parent else code
        yield industry_row("ISIC4", "4", code, parent, section_of[code], row["title"], "ISIC Rev.4 list")


def naics_rows(codes: Path) -> Iterable[Row]:
    lists = {edition: naics_titles(codes, edition) for edition in ("2017", "2022")}
    for edition, titles in lists.items():
        for code, title in titles.items():
            # a number that both editions have means the same in both; one wording keeps it from looking reused
            title = lists["2022"].get(code, title)
            yield industry_row("NAICS", edition, code, naics_parent(code, titles), "", title, f"NAICS {edition} list")
    for edition, titles in NAICS_RETIRED.items():
        for code, title in titles.items():
            known = titles | lists["2017"]
            source = f"NAICS {edition} from general knowledge [G]; retired since"
            yield industry_row("NAICS", edition, code, naics_parent(code, known), "", title, source)


def naics_titles(codes: Path, edition: str) -> dict[str, str]:
    """Up to four digits; a combined sector such as 31-33 stands once for each of its numbers."""
    titles: dict[str, str] = {}
    for row in read_list(codes, f"naics_{edition}.csv"):
        first, _, last = row["code"].partition("-")
        if len(first) > 4:
            continue
        for number in range(int(first), int(last or first) + 1):
            titles[str(number)] = row["title"]
    return titles


def naics_parent(code: str, known: dict[str, str]) -> str:
    return code[:-1] if len(code) > 2 and code[:-1] in known else ""


def industry_codes(codes: Path) -> list[Row]:
    rows = [*gb_rows(codes), *isic_rows(codes), *naics_rows(codes)]
    return sorted(rows, key=lambda row: (row["code_system"], row["edition"], row["code"]))


def regions(codes: Path) -> list[Row]:
    names = {row["code"].ljust(6, "0"): row["name"] for row in read_list(codes, "gb2260_provinces.csv")}
    rows = [
        {"region_code": code, "region_name": name, "region_level": "PROVINCE", "parent_code": "", "source_ref": source}
        for known, source in ((names, "GB/T 2260 list"), (REGIONS_NOT_IN_LIST, "GB/T 2260 [G]"))
        for code, name in known.items()
    ]
    for row in read_list(codes, "gb2260_cities.csv"):
        rows.append(
            {
                "region_code": row["code"].ljust(6, "0"),
                "region_name": row["name"],
                "region_level": "CITY",
                "parent_code": row["provinceCode"].ljust(6, "0"),
                "source_ref": "GB/T 2260 list",
            }
        )
    return sorted(rows, key=lambda row: row["region_code"])


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def last_weekday(month: date) -> date:
    """The last day of a month that is not a Saturday or a Sunday."""
    return month - timedelta(days=max(0, month.weekday() - 4))


def plain_decimal(value: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def fx_rates(codes: Path) -> list[Row]:
    """Per currency and month, units for one euro: the last quote, and the mean of the quotes.

    Only complete months: a month that has not ended, and a month in which a currency began or ceased to be quoted,
    would give an end or an average that is none.
    """
    quotes: dict[date, dict[str, list[tuple[date, Decimal]]]] = defaultdict(lambda: defaultdict(list))
    quoted_on: dict[date, list[date]] = defaultdict(list)
    for row in read_list(codes, "ecb_eurofxref_hist.csv.gz"):
        day = date.fromisoformat(row["Date"])
        month = month_end(day)
        quoted_on[month].append(day)
        for currency in FX_CURRENCIES:
            if row[currency] not in ("", "N/A"):
                quotes[month][currency].append((day, Decimal(row[currency])))

    rows = []
    newest = max(quoted_on)
    for month, days in sorted(quoted_on.items()):
        if month == newest and max(days) < last_weekday(month):
            continue
        rows.append(fx_row("EUR", month, Decimal(1), Decimal(1)))
        for currency, series in sorted(quotes[month].items()):
            series.sort()
            if series[0][0] != min(days) or series[-1][0] != max(days):
                continue
            mean = sum(rate for _, rate in series) / len(series)
            rows.append(fx_row(currency, month, series[-1][1], mean.quantize(FX_AVERAGE_STEP, ROUND_HALF_EVEN)))
    return sorted(rows, key=lambda row: (row["currency"], row["month_end"]))


def fx_row(currency: str, month: date, end: Decimal, average: Decimal) -> Row:
    return {
        "currency": currency,
        "month_end": month.isoformat(),
        "rate_end": plain_decimal(end),
        "rate_average": plain_decimal(average),
        "source_ref": "ECB",
    }


def loan_prime_rates(codes: Path) -> list[Row]:
    rows = []
    for row in read_list(codes, "pboc_lpr_change_dates.csv"):
        for tenor, column in (("1Y", "lpr_1y_pct"), ("5Y", "lpr_5y_pct")):
            rows.append(
                {
                    "tenor": tenor,
                    "published_on": row["effective_date"],
                    "rate": format(Decimal(row[column]) / 100, ".6f"),
                    "source_ref": RATE_FROM_MEMORY,
                }
            )
    return sorted(rows, key=lambda row: (row["tenor"], row["published_on"]))


def as_csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def built_seeds(codes: Path) -> dict[str, str]:
    """File name to content."""
    return {
        "ref_industry_code.csv": as_csv(industry_codes(codes)),
        "ref_region.csv": as_csv(regions(codes)),
        "ref_fx_rate.csv": as_csv(fx_rates(codes)),
        "ref_lpr.csv": as_csv(loan_prime_rates(codes)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codes", type=Path, default=DEFAULT_CODES, help="folder with the published lists")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file differs")
    arguments = parser.parse_args()
    if not arguments.codes.is_dir():
        print(f"No folder {arguments.codes}: give the folder of the published lists with --codes.", file=sys.stderr)
        return 2

    different = []
    for name, content in built_seeds(arguments.codes).items():
        path = SEEDS / name
        if path.is_file() and path.read_text(encoding="utf-8") == content:
            continue
        different.append(name)
        if not arguments.check:
            path.write_text(content, encoding="utf-8")
    print(f"{'Differ' if arguments.check else 'Written'}: {', '.join(different) or 'none'}")
    return 1 if arguments.check and different else 0


if __name__ == "__main__":
    sys.exit(main())
