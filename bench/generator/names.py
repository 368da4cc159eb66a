"""Invented names, addresses and numbers of Chinese firms. Nothing here is a real firm, person or telephone line."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from generator.settings import BLOCK_CLIENTS, NUMBERS_PER_BLOCK
from generator.tables import joined

# GB/T 2260 code, prefix of firm names, address
REGIONS = (
    ("110108", "北京", "北京市海淀区"), ("110105", "北京", "北京市朝阳区"), ("120116", "天津", "天津市滨海新区"),
    ("130102", "石家庄", "河北省石家庄市长安区"), ("130203", "唐山", "河北省唐山市路北区"),
    ("140105", "太原", "山西省太原市小店区"), ("150105", "呼和浩特", "内蒙古自治区呼和浩特市赛罕区"),
    ("210102", "沈阳", "辽宁省沈阳市和平区"), ("210202", "大连", "辽宁省大连市中山区"),
    ("220102", "长春", "吉林省长春市南关区"), ("230102", "哈尔滨", "黑龙江省哈尔滨市道里区"),
    ("310115", "上海", "上海市浦东新区"), ("310112", "上海", "上海市闵行区"),
    ("320102", "南京", "江苏省南京市玄武区"), ("320505", "苏州", "江苏省苏州市虎丘区"),
    ("320205", "无锡", "江苏省无锡市锡山区"), ("320612", "南通", "江苏省南通市通州区"),
    ("330106", "杭州", "浙江省杭州市西湖区"), ("330203", "宁波", "浙江省宁波市海曙区"),
    ("330304", "温州", "浙江省温州市瓯海区"), ("340104", "合肥", "安徽省合肥市蜀山区"),
    ("350102", "福州", "福建省福州市鼓楼区"), ("350203", "厦门", "福建省厦门市思明区"),
    ("350503", "泉州", "福建省泉州市丰泽区"), ("360102", "南昌", "江西省南昌市东湖区"),
    ("370102", "济南", "山东省济南市历下区"), ("370203", "青岛", "山东省青岛市市北区"),
    ("370602", "烟台", "山东省烟台市芝罘区"), ("410105", "郑州", "河南省郑州市金水区"),
    ("410305", "洛阳", "河南省洛阳市涧西区"), ("420106", "武汉", "湖北省武汉市武昌区"),
    ("420502", "宜昌", "湖北省宜昌市西陵区"), ("430102", "长沙", "湖南省长沙市芙蓉区"),
    ("440106", "广州", "广东省广州市天河区"), ("440305", "深圳", "广东省深圳市南山区"),
    ("440604", "佛山", "广东省佛山市禅城区"), ("441302", "惠州", "广东省惠州市惠城区"),
    ("450102", "南宁", "广西壮族自治区南宁市兴宁区"), ("460105", "海口", "海南省海口市秀英区"),
    ("500103", "重庆", "重庆市渝中区"), ("510107", "成都", "四川省成都市武侯区"),
    ("520102", "贵阳", "贵州省贵阳市南明区"), ("530102", "昆明", "云南省昆明市五华区"),
    ("610113", "西安", "陕西省西安市雁塔区"), ("620102", "兰州", "甘肃省兰州市城关区"),
    ("650102", "乌鲁木齐", "新疆维吾尔自治区乌鲁木齐市天山区"),
)  # fmt: skip
CORE_FIRST = tuple("华瑞宏恒盛泰嘉诚远鼎晟博凯隆兴顺德佳明智汇众信达新安正中天海金银云启锦骏卓越弘凌旭锐通祥")
CORE_SECOND = tuple("源创辰韵腾翔宇峰航润禾科联邦和悦拓维川岳宁江河海澜光曜岩松柏卓谷城驰展朗捷元亿丰茂康")
SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁")
GIVEN_FIRST = tuple("建国志文海晓丽秀春永明立新俊思佳雨子宏伟庆玉金德兴学振光世")
GIVEN_SECOND = ("", *"华军平杰芳敏静强磊洋勇艳娟涛超霞刚桂英鹏辉玲波宁飞云峰琳")
STREETS = (
    "人民路", "解放大道", "科技路", "创新大街", "建设路", "和平街", "工业园路", "中山路", "新华街", "滨江大道",
    "长江路", "迎宾路", "学府路", "兴业路", "金融街", "振兴路", "文化路", "东环路", "西环路", "光明街",
)  # fmt: skip
LEGAL_FORMS = {
    "LIMITED": "有限公司",
    "JOINT_STOCK": "股份有限公司",
    "PARTNERSHIP": "合伙企业（有限合伙）",
    "SOLE_TRADER": "经营部",
    "STATE_OWNED": "集团有限公司",
    "FOREIGN": "（中国）有限公司",
    "SPV": "有限公司",
    "OTHER": "合作社",
}
ORG_TYPES = tuple(LEGAL_FORMS)

USCC_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
ORG_SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Organisation codes run through the numbers in steps that are prime to this modulus: no two clients share one.
ORG_MODULUS = 99_999_989
ORG_STEP = 48_271_919


def _rows_to_text(codes: np.ndarray) -> pa.Array:
    """A matrix of ASCII codes as one text a row."""
    rows, width = codes.shape
    flat = np.ascontiguousarray(codes.astype(np.uint8))
    offsets = np.arange(0, rows * width + 1, width, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(flat)])


def _symbol_values(codes: np.ndarray, symbols: str) -> np.ndarray:
    table = np.full(128, -1)
    for value, symbol in enumerate(symbols):
        table[ord(symbol)] = value
    return table[codes]


def organisation_codes(global_index: np.ndarray) -> np.ndarray:
    """GB 11714: eight digits and the check character, as ASCII codes."""
    body = (global_index.astype(np.int64) * ORG_STEP + 31_415_926) % ORG_MODULUS
    digits = (body[:, None] // 10 ** np.arange(7, -1, -1)) % 10
    check = 11 - (digits * ORG_WEIGHTS).sum(axis=1) % 11
    check_codes = np.where(check == 10, ord("X"), np.where(check == 11, ord("0"), check + ord("0")))
    return np.concatenate([digits + ord("0"), check_codes[:, None]], axis=1)


def credit_codes(category: np.ndarray, region: np.ndarray, organisation: np.ndarray) -> np.ndarray:
    """GB 32100: registering department and category, region, organisation code, check character."""
    region_codes = np.array([[ord(c) for c in code] for code, _, _ in REGIONS])
    head = np.array([[ord(c) for c in text] for text in ("91", "92", "93")])
    body = np.concatenate([head[category], region_codes[region], organisation], axis=1)
    total = (_symbol_values(body, USCC_SYMBOLS) * USCC_WEIGHTS).sum(axis=1)
    symbols = np.array([ord(c) for c in USCC_SYMBOLS])
    check = symbols[(31 - total % 31) % 31]
    return np.concatenate([body, check[:, None]], axis=1)


def identifiers(global_index: np.ndarray, category: np.ndarray, region: np.ndarray) -> tuple[pa.Array, pa.Array]:
    organisation = organisation_codes(global_index)
    return _rows_to_text(credit_codes(category, region, organisation)), _rows_to_text(organisation)


def registration_numbers(global_index: np.ndarray, region: np.ndarray) -> pa.Array:
    """The 15 digits of the old register: region, sequence, check digit (ISO 7064 MOD 11,10)."""
    region_digits = np.array([[int(c) for c in code] for code, _, _ in REGIONS])[region]
    body = (global_index.astype(np.int64) * ORG_STEP + 27_182_818) % ORG_MODULUS
    sequence = (body[:, None] // 10 ** np.arange(7, -1, -1)) % 10
    digits = np.concatenate([region_digits, sequence], axis=1)
    product = np.full(len(digits), 10)
    for position in range(14):
        total = (product + digits[:, position]) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    check = (11 - product) % 10
    return _rows_to_text(np.concatenate([digits, check[:, None]], axis=1) + ord("0"))


def firm_names(region: np.ndarray, core: np.ndarray, trade: pa.Array, org_type: np.ndarray) -> pa.Array:
    """Region, a core of two characters, the trade and the legal form."""
    count = len(CORE_SECOND)
    return joined(
        label_text(region, [prefix for _, prefix, _ in REGIONS]),
        label_text(core // count, CORE_FIRST),
        label_text(core % count, CORE_SECOND),
        trade,
        label_text(org_type, [LEGAL_FORMS[kind] for kind in ORG_TYPES]),
    )


def label_text(codes: np.ndarray, labels) -> pa.Array:
    return pa.array(list(labels), pa.string()).take(pa.array(np.asarray(codes)))


def people(rng: np.random.Generator, rows: int) -> pa.Array:
    return joined(
        label_text(rng.integers(0, len(SURNAMES), rows), SURNAMES),
        label_text(rng.integers(0, len(GIVEN_FIRST), rows), GIVEN_FIRST),
        label_text(rng.integers(0, len(GIVEN_SECOND), rows), GIVEN_SECOND),
    )


def phones(rng: np.random.Generator, rows: int) -> pa.Array:
    """Eleven digits beginning with 12, which no Chinese subscriber has."""
    return pa.array(12_000_000_000 + rng.integers(0, 1_000_000_000, rows)).cast(pa.string())


def emails(global_index: np.ndarray) -> pa.Array:
    return joined("finance", pa.array(global_index + 1).cast(pa.string()), "@example.com")


def addresses(rng: np.random.Generator, region: np.ndarray, numbers: np.ndarray) -> pa.Array:
    return joined(
        label_text(region, [address for _, _, address in REGIONS]),
        label_text(rng.integers(0, len(STREETS), len(region)), STREETS),
        pa.array(numbers).cast(pa.string()),
        "号",
    )


def numbers(block: int, width: int, rows: int, start: int = 0) -> np.ndarray:
    """Running numbers of a block, all of one width."""
    return 10 ** (width - 1) + block * NUMBERS_PER_BLOCK + start + np.arange(rows)


def global_index(block: int, rows: int) -> np.ndarray:
    return block * BLOCK_CLIENTS + np.arange(rows)
