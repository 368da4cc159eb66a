"""Industries of the portfolio: classes of GB/T 4754-2017 with the words that firms of the trade use in their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Industry:
    code: str
    sector: str  # code of the industry segment that the sector tables of the market use
    size_row: int  # row of the size standard; 0 where the standard does not apply
    weight: float
    words: tuple[str, ...]
    hi_tech: bool = False
    growth: float = 0.0  # yearly growth of the trade over the usual one
    margin: float = 0.10  # earnings before interest, tax and depreciation over revenue
    turnover: float = 1.1  # revenue over total assets
    season: int = 0  # month of the peak, 0 for none


def _industry(code, sector, size_row, weight, words, **more) -> Industry:
    return Industry(code, sector, size_row, weight, tuple(words.split()), **more)


INDUSTRIES = (
    _industry("0111", "AGRICULTURE", 1, 1.5, "农业 种业 农业发展", season=10, margin=0.09),
    _industry("0311", "AGRICULTURE", 1, 1.0, "牧业 养殖", season=1, margin=0.08),
    _industry("0610", "ENERGY", 2, 0.6, "煤业 矿业", margin=0.24, turnover=0.7, season=12),
    _industry("0810", "RESOURCES", 2, 0.6, "矿业", margin=0.20, turnover=0.7),
    _industry("1011", "RESOURCES", 2, 0.5, "矿业 石材", margin=0.16, turnover=0.8),
    _industry("1353", "MANUFACTURING", 2, 1.2, "食品", season=1),
    _industry("1711", "MANUFACTURING", 2, 1.5, "纺织", margin=0.07, growth=-0.02),
    _industry("1811", "MANUFACTURING", 2, 1.3, "服饰 制衣", margin=0.08, season=11),
    _industry("2641", "MANUFACTURING", 2, 1.2, "化工 涂料"),
    _industry("2710", "MANUFACTURING", 2, 1.6, "药业 制药", hi_tech=True, growth=0.03, margin=0.18),
    _industry("2927", "MANUFACTURING", 2, 1.6, "塑业 塑料制品"),
    _industry("3011", "MANUFACTURING", 2, 0.6, "水泥 建材", growth=-0.03, turnover=0.8),
    _industry("3120", "MANUFACTURING", 2, 0.4, "钢铁", margin=0.06),
    _industry("3311", "MANUFACTURING", 2, 2.4, "金属制品 钢构"),
    _industry("3484", "MANUFACTURING", 2, 3.2, "机械 精密机械 机电"),
    _industry("3562", "MANUFACTURING", 2, 0.9, "半导体装备", hi_tech=True, growth=0.08, margin=0.16),
    _industry("3581", "MANUFACTURING", 2, 1.0, "医疗器械", hi_tech=True, growth=0.05, margin=0.2),
    _industry("3670", "MANUFACTURING", 2, 2.2, "汽车部件 汽配"),
    _industry("3841", "MANUFACTURING", 2, 1.1, "新能源 电池", hi_tech=True, growth=0.08),
    _industry("3911", "MANUFACTURING", 2, 0.9, "计算机 电子", hi_tech=True, growth=0.03),
    _industry("3973", "MANUFACTURING", 2, 1.3, "微电子 集成电路", hi_tech=True, growth=0.08, margin=0.18),
    _industry("4014", "MANUFACTURING", 2, 0.8, "仪器 仪表", hi_tech=True, margin=0.15),
    _industry("4411", "ENERGY", 2, 0.3, "热电 电力", margin=0.22, turnover=0.45, season=1),
    _industry("4415", "ENERGY", 2, 0.4, "风电 新能源", margin=0.55, turnover=0.2),
    _industry("4511", "ENERGY", 2, 0.4, "燃气", margin=0.15, turnover=0.8, season=1),
    _industry("4620", "UTILITIES", 2, 0.6, "水务 环保水务", margin=0.35, turnover=0.3),
    _industry("4710", "CONSTRUCTION", 3, 2.6, "建设 建筑工程", margin=0.06, season=12, turnover=0.9),
    _industry("4813", "CONSTRUCTION", 3, 1.6, "市政工程 路桥", margin=0.07, season=12, turnover=0.8),
    _industry("5011", "CONSTRUCTION", 3, 1.6, "装饰 装饰工程", margin=0.08, season=12),
    _industry("5164", "TRADE", 4, 4.0, "物资 金属材料 贸易", margin=0.03, turnover=2.6),
    _industry("5137", "TRADE", 4, 2.6, "电器 商贸 贸易", margin=0.04, turnover=2.2, season=11),
    _industry("5211", "TRADE", 5, 2.4, "百货 商贸", margin=0.06, turnover=1.8, season=12),
    _industry("5292", "TRADE", 5, 2.2, "电子商务 网络科技", hi_tech=True,
             growth=0.06, margin=0.05, turnover=2.4, season=11),
    _industry("5320", "TRANSPORT", 0, 0.3, "铁路物流", margin=0.18, turnover=0.4),
    _industry("5431", "TRANSPORT", 6, 3.0, "物流 运输 货运", season=11),
    _industry("5910", "TRANSPORT", 6, 0.7, "装卸 港务服务"),
    _industry("5920", "TRANSPORT", 7, 1.1, "仓储 仓储物流", margin=0.18, turnover=0.6),
    _industry("6020", "TRANSPORT", 8, 0.9, "速递 快运", season=11),
    _industry("6110", "SERVICES", 9, 1.1, "酒店 宾馆", margin=0.2, turnover=0.5, season=10),
    _industry("6210", "SERVICES", 10, 2.4, "餐饮 餐饮管理", margin=0.12, turnover=1.6, season=2),
    _industry("6421", "TECHNOLOGY", 11, 1.0, "网络 信息技术", hi_tech=True, growth=0.07, margin=0.14),
    _industry("6311", "TECHNOLOGY", 11, 0.3, "通信", hi_tech=True, margin=0.25, turnover=0.5),
    _industry("6513", "TECHNOLOGY", 12, 3.4, "软件 科技 智能科技", hi_tech=True, growth=0.08, margin=0.13),
    _industry("6531", "TECHNOLOGY", 12, 2.2, "信息科技 系统集成", hi_tech=True, growth=0.05, margin=0.11),
    _industry("6631", "FINANCIAL", 0, 0.5, "融资租赁", margin=0.4, turnover=0.1),
    _industry("7010", "REAL_ESTATE", 13, 1.0, "置业 房地产开发", growth=-0.08, margin=0.12, turnover=0.25),
    _industry("7020", "REAL_ESTATE", 14, 1.4, "物业 物业服务", margin=0.09, turnover=1.5),
    _industry("7030", "REAL_ESTATE", 16, 0.7, "房产经纪", margin=0.1, turnover=1.7, growth=-0.04),
    _industry("7040", "REAL_ESTATE", 0, 0.4, "资产经营", margin=0.4, turnover=0.12),
    _industry("7111", "SERVICES", 15, 0.9, "汽车租赁", margin=0.25, turnover=0.5),
    _industry("7241", "SERVICES", 15, 1.3, "咨询 财税咨询", margin=0.15, turnover=1.5),
    _industry("7251", "SERVICES", 15, 1.3, "广告 传媒", margin=0.12, turnover=1.4, season=12),
    _industry("7320", "TECHNOLOGY", 16, 1.3, "研究院 生物科技", hi_tech=True, growth=0.07, margin=0.12),
    _industry("7452", "SERVICES", 16, 0.8, "检测技术", hi_tech=True, growth=0.05, margin=0.2),
    _industry("7481", "SERVICES", 16, 0.9, "工程咨询 工程管理", margin=0.12),
    _industry("7721", "PUBLIC_INFRA", 16, 0.7, "环境科技 环境治理", hi_tech=True,
             growth=0.03, margin=0.16, turnover=0.5),
    _industry("7810", "PUBLIC_INFRA", 16, 0.6, "市政 市政设施", margin=0.12, turnover=0.3),
    _industry("8111", "SERVICES", 16, 1.6, "汽车服务 汽修", turnover=1.5),
    _industry("8391", "SERVICES", 0, 0.9, "教育 职业培训", margin=0.15, turnover=1.4, season=9),
    _industry("8411", "SERVICES", 0, 0.4, "医院", margin=0.12, turnover=0.8),
    _industry("8514", "SERVICES", 16, 0.5, "养老服务", growth=0.06, margin=0.1, turnover=0.6),
    _industry("9011", "SERVICES", 16, 0.8, "文化娱乐", margin=0.15, season=2),
    _industry("9221", "PUBLIC", 0, 0.15, "事务服务中心", margin=0.05, turnover=0.5),
)  # fmt: skip

SECTORS = (
    "AGRICULTURE", "RESOURCES", "ENERGY", "MANUFACTURING", "TECHNOLOGY", "SERVICES", "CONSTRUCTION", "TRADE",
    "TRANSPORT", "UTILITIES", "REAL_ESTATE", "FINANCIAL", "PUBLIC_INFRA", "PUBLIC",
)  # fmt: skip

# Size standard of 2011/2017: per row the indicators (X persons, Y revenue, Z total assets in 10 000 yuan) with the
# lower bounds of LARGE, MEDIUM and SMALL.
SIZE_ROWS = {
    1: {"Y": (20000, 500, 50)},
    2: {"X": (1000, 300, 20), "Y": (40000, 2000, 300)},
    3: {"Y": (80000, 6000, 300), "Z": (80000, 5000, 300)},
    4: {"X": (200, 20, 5), "Y": (40000, 5000, 1000)},
    5: {"X": (300, 50, 10), "Y": (20000, 500, 100)},
    6: {"X": (1000, 300, 20), "Y": (30000, 3000, 200)},
    7: {"X": (200, 100, 20), "Y": (30000, 1000, 100)},
    8: {"X": (1000, 300, 20), "Y": (30000, 2000, 100)},
    9: {"X": (300, 100, 10), "Y": (10000, 2000, 100)},
    10: {"X": (300, 100, 10), "Y": (10000, 2000, 100)},
    11: {"X": (2000, 100, 10), "Y": (100000, 1000, 100)},
    12: {"X": (300, 100, 10), "Y": (10000, 1000, 50)},
    13: {"Y": (200000, 1000, 100), "Z": (10000, 5000, 2000)},
    14: {"X": (1000, 300, 100), "Y": (5000, 1000, 500)},
    15: {"X": (300, 100, 10), "Z": (120000, 8000, 100)},
    16: {"X": (300, 100, 10)},
}

# Project types with subtype, the industry of the project company, the revenue model and name words.
PROJECT_KINDS = (
    # type, subtype, industry code, revenue model, weight, words, low and high cost in 100 million yuan, green
    ("ENERGY", "WIND_ONSHORE", "4415", "CONTRACTED", 2.0, "风力发电", 4.0, 20.0, True),
    ("ENERGY", "SOLAR", "4415", "CONTRACTED", 2.0, "光伏发电", 2.0, 12.0, True),
    ("ENERGY", "HYDRO", "4415", "MERCHANT", 0.8, "水电开发", 6.0, 30.0, True),
    ("ENERGY", "GAS", "4411", "MERCHANT", 0.8, "燃气发电", 8.0, 30.0, False),
    ("TRANSPORT", "TOLL_ROAD", "4813", "DEMAND", 1.8, "高速公路", 20.0, 90.0, False),
    ("TRANSPORT", "RAIL", "5320", "AVAILABILITY", 0.8, "轨道交通", 30.0, 120.0, True),
    ("TRANSPORT", "PORT", "5910", "DEMAND", 0.8, "港口码头", 10.0, 40.0, False),
    ("MANUFACTURING", "PLANT", "3841", "OFFTAKE", 1.4, "电池制造", 8.0, 40.0, True),
    ("MANUFACTURING", "PLANT", "3973", "MERCHANT", 1.0, "半导体制造", 10.0, 60.0, False),
    ("SOCIAL", "HOSPITAL", "8514", "AVAILABILITY", 0.8, "康养建设", 3.0, 12.0, False),
    ("WATER", "WASTEWATER", "4620", "AVAILABILITY", 1.0, "污水处理", 2.0, 10.0, True),
    ("OTHER", "DATA_CENTRE", "6421", "CONTRACTED", 0.8, "数据中心", 5.0, 25.0, False),
)

# Kinds whose loans are short enough to be repaid within the window.
SHORT_PROJECTS = tuple(position for position, kind in enumerate(PROJECT_KINDS) if kind[0] == "MANUFACTURING")

# How a source describes a project that it does not classify, in the order of PROJECT_KINDS.
PROJECT_TEXTS = (
    "风电场建设与运营", "光伏电站建设与运营", "水电站", "燃气发电机组", "收费公路", "城市轨道交通线路",
    "港口码头泊位", "动力电池生产线", "晶圆生产线", "康养中心", "污水处理厂", "数据中心机房",
)  # fmt: skip

CODES = [industry.code for industry in INDUSTRIES]


def column(name: str) -> np.ndarray:
    return np.array([getattr(industry, name) for industry in INDUSTRIES])


def index_of(code: str) -> int:
    return CODES.index(code)


def takes_certificate() -> np.ndarray:
    """Manufacturing, information services and research and technical services (sections C, I and M)."""
    division = np.array([int(code[:2]) for code in CODES])
    return ((division >= 13) & (division <= 43)) | np.isin(division, (63, 64, 65, 73, 74, 75))
