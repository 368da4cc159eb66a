"""The registrations of the true clients in the lender's systems, and the tables clients, client_identifiers and
client_relationships."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from generator import clock, industries, names
from generator.population import NEVER, Population, branch_codes, strata, stream
from generator.settings import HIGH_GROWTH, LARGE, MICRO, POT, PROSPECT
from generator.tables import Coded, Nullable, batch_columns, joined, latest, number

SYSTEMS = ("CORE", "LOS", "CRM", "DIGITAL")
CORE, LOS, CRM, DIGITAL = range(4)
LETTERS = np.array(["C", "L", "K", "D"])
STATUSES = ("ACTIVE", "CANCELLED", "REVOKED", "MIGRATED_OUT")
# a division of ISIC Rev. 4 for each sector, in the order of industries.SECTORS
ISIC_DIVISIONS = ("01", "07", "35", "28", "62", "82", "41", "46", "49", "36", "68", "64", "38", "84")
CERTIFICATES = ("HIGH_TECH", "TECH_SME", "SRDI", "LITTLE_GIANT")
# How a further registration can be tied to the first one.
BY_USCC, BY_ORG_CODE, BY_REG_NO, BY_TAX_NO, BY_NAME_AND_PHONE, BY_NAME_AND_PERSON = range(6)
LINKS = ("USCC", "ORG_CODE", "REG_NO", "TAX_NO", "NAME_AND_PHONE", "NAME_AND_LEGAL_REPRESENTATIVE")
PREFIXES = tuple(prefix for _, prefix, _ in names.REGIONS)


class Registrations:
    """One entry a registration; the first of every client comes first, in the order of the clients."""

    def __init__(self, people: Population) -> None:
        self.people = people
        rng = stream(people.settings, people.block, 20)
        n = people.rows
        profile = people.settings.profile
        first = np.full(n, CORE)
        outside = people.behaviour == PROSPECT
        first[outside] = rng.choice((CORE, CRM, DIGITAL), outside.sum(), p=(0.35, 0.35, 0.30))
        draw = rng.random(n)
        count = 1 + (draw < profile.second_registrations + profile.third_registrations).astype(int)
        count += draw < profile.third_registrations
        index = np.flatnonzero(count >= 2)
        second = (first[index] + 1 + rng.integers(0, 3, len(index))) % 4
        thrice = np.flatnonzero(count >= 3)
        second_of = np.full(n, -1)
        second_of[index] = second
        third = np.array(
            [next(s for s in (DIGITAL, CRM, LOS, CORE) if s not in (first[i], second_of[i])) for i in thrice], dtype=int
        )
        self.client = np.concatenate([np.arange(n), index, thrice])
        self.system = np.concatenate([first, second, third])
        self.rows = len(self.client)
        self.is_first = np.arange(self.rows) < n
        self.link = strata(rng, self.rows, (0.60, 0.13, 0.08, 0.04, 0.08, 0.07))
        self.link[:n] = BY_USCC
        width = people.settings.number_width
        serial = np.zeros(self.rows, dtype=np.int64)
        for system in range(4):
            mine = np.flatnonzero(self.system == system)
            serial[mine] = names.numbers(people.block, width, len(mine))
        self.number = joined(pa.array(LETTERS[self.system]), number("", serial))
        self.of_system = np.tile(np.arange(n), (4, 1))
        for system in range(4):
            mine = np.flatnonzero(self.system == system)
            self.of_system[system, self.client[mine]] = mine
        self._attributes(rng)

    def keys(self, client: np.ndarray, system: int | None = None, prefix: str = "") -> dict[str, Any]:
        """The two key columns of clients, in the registration of a system where they have one there."""
        chosen = client if system is None else self.of_system[system, client]
        return {
            f"{prefix}source_system": Coded(self.system[chosen], SYSTEMS),
            f"{prefix}client_no": self.number.take(pa.array(chosen)),
        }

    def _attributes(self, rng: np.random.Generator) -> None:
        people = self.people
        n = people.rows
        words = [industry.words for industry in industries.INDUSTRIES]
        vocabulary = sorted(
            {word for group in words for word in group} | {kind[5] for kind in industries.PROJECT_KINDS}
        )
        place = {word: position for position, word in enumerate(vocabulary)}
        widest = max(len(group) for group in words)
        table = np.array([[place[group[i % len(group)]] for i in range(widest)] for group in words])
        trade = table[people.industry, rng.integers(0, widest, n)]
        for kind, entry in enumerate(industries.PROJECT_KINDS):
            trade[people.project_kind == kind] = place[entry[5]]
        self.trade_suffix = np.zeros(n, dtype=np.int64)
        suffixes = ("", "发展", "实业", "服务")
        # look-alikes: another firm, own numbers, with a name that begins the same and sometimes a neighbour's phone
        self.lookalike_of = np.full(n, -1)
        fresh = np.flatnonzero((rng.random(n) < people.settings.profile.lookalikes) & ~people.is_project_company)
        fresh = fresh[fresh > 0]
        model = (rng.random(len(fresh)) * fresh).astype(np.int64)
        plain = ~np.isin(model, fresh) & ~people.is_project_company[model]
        fresh, model = fresh[plain], model[plain]
        self.lookalike_of[fresh] = model
        for name in ("region", "core"):
            getattr(people, name)[fresh] = getattr(people, name)[model]
        trade[fresh] = trade[model]
        self.trade_suffix[fresh] = rng.integers(1, len(suffixes), len(fresh))
        trades = joined(names.label_text(trade, vocabulary), names.label_text(self.trade_suffix, suffixes))
        self.names = names.firm_names(people.region, people.core, trades, people.org_type)
        category = np.where(people.org_type == names.ORG_TYPES.index("SOLE_TRADER"), 1, 0)
        category = np.where(people.org_type == names.ORG_TYPES.index("OTHER"), 2, category)
        self.uscc, self.org_code = names.identifiers(people.global_index, category, people.region)
        self.reg_no = names.registration_numbers(people.global_index, people.region)
        self.person = names.people(rng, n)
        self.phone = names.phones(rng, n)
        phones = np.array(self.phone.to_pylist(), dtype=object)
        # book-keeping agents leave their own phone for many firms
        agents = max(1, n // 700)
        served = np.flatnonzero(rng.random(n) < (0.015 if n > 2_000 else 0.05))
        for position, client in enumerate(served):
            phones[client] = phones[served[position % agents]]
        close = fresh[rng.random(len(fresh)) < 0.4]
        phones[close] = phones[self.lookalike_of[close]]
        self.phone = pa.array(phones, pa.string())
        self.address_number = rng.integers(1, 900, n)
        self.address = names.addresses(rng, people.region, self.address_number)
        self.spelling = rng.integers(0, 6, self.rows)

    def _spelled(self) -> list[str]:
        """Names as the systems hold them: the first registration exactly, the others as somebody typed them."""
        true_names = self.names.to_pylist()
        result = []
        for position, client in enumerate(self.client.tolist()):
            name = true_names[client]
            if position >= self.people.rows:
                spelling = self.spelling[position]
                if spelling == 1:
                    name = name.replace("股份有限公司", "股份公司").replace("有限公司", "有限责任公司")
                elif spelling == 2:
                    name = name.replace("（", "(").replace("）", ")")
                elif spelling == 3 and self.link[position] < BY_NAME_AND_PHONE:
                    name = name.removeprefix(PREFIXES[self.people.region[client]])
                elif spelling == 4:
                    prefix = PREFIXES[self.people.region[client]]
                    name = name.replace(prefix, prefix + "市", 1)
                elif spelling == 5 and self.link[position] < BY_NAME_AND_PHONE:
                    name = name.replace("有限公司", "")
            result.append(name)
        return result

    # -- clients -----------------------------------------------------------------------------------

    def clients(self) -> dict[str, Any]:
        """Versions of the registrations: a first one, for some one or two more when something changed."""
        people = self.people
        settings = people.settings
        rng = stream(settings, people.block, 21)
        rows = self.rows
        client = self.client
        later_system = np.where(self.is_first, 0, rng.integers(0, 12, rows))
        first_load = settings.start.astype("datetime64[M]").astype(clock.DAY) + 30
        started_on = np.where(
            self.is_first, people.started_on[client], clock.add_months(people.started_on[client], later_system)
        )
        started_on = np.minimum(started_on, settings.end)
        began_on = np.maximum(started_on, first_load)
        room = (settings.end - began_on).astype(np.int64)
        draw = rng.random(rows)
        changes = np.where((draw < 0.22) & (room > 120), 1, 0) + np.where((draw < 0.05) & (room > 400), 1, 0)
        leaves = people.leave_month[client] < NEVER
        leaves &= self.is_first | (rng.random(rows) < 0.5)
        changes = np.where(leaves, 1, changes)
        version_count = changes + 1
        index = np.repeat(np.arange(rows), version_count)
        place = np.arange(len(index)) - np.repeat(np.cumsum(version_count) - version_count, version_count)
        of = version_count[index]
        is_last = place == of - 1
        own = client[index]
        offset = np.where(
            place == 0,
            0,
            room[index] * (0.25 + 0.6 * (place - 1 + rng.random(len(index)) * 0.9) / np.maximum(of - 1, 1)),
        )
        version_on = began_on[index] + np.floor(offset).astype(np.int64)
        left = leaves[index] & is_last
        version_on = np.where(left, np.maximum(people.left_on[own], began_on[index] + 1), version_on)
        version_on = np.minimum(version_on, settings.end)
        stamp = clock.at_time(version_on, 22 * 3_600) + (place * 60).astype("timedelta64[s]")
        # what the earlier versions still said: fewer staff, another address, phone or trade
        kind = rng.integers(0, 4, rows)[index]
        earlier = ~is_last & ~leaves[index]
        staff = people.employees[own]
        staff_then = np.maximum(1, np.rint(staff * np.where(people.growth[own] == HIGH_GROWTH, 0.6, 0.88))).astype(int)
        staff = np.where(earlier & (kind == 0), staff_then, staff)
        moved = earlier & (kind == 1)
        address = joined(
            names.label_text(people.region[own], [text for _, _, text in names.REGIONS]),
            names.label_text((self.address_number[own] + np.where(moved, 7, 0)) % len(names.STREETS), names.STREETS),
            pa.array(self.address_number[own] + np.where(moved, 31, 0)).cast(pa.string()),
            "号",
        )
        phone = np.array(self.phone.take(pa.array(own)).to_pylist(), dtype=object)
        renumbered = np.flatnonzero(earlier & (kind == 2))
        phone[renumbered] = names.phones(rng, len(renumbered)).to_pylist()
        # in a registration tied by the person the phone differs, in one tied by the phone the person may be missing
        by_person = np.flatnonzero(self.link[index] == BY_NAME_AND_PERSON)
        phone[by_person] = names.phones(rng, len(by_person)).to_pylist()
        person_missing = (self.link[index] == BY_NAME_AND_PHONE) | (self.system[index] == DIGITAL)
        person_missing &= self.link[index] != BY_NAME_AND_PERSON
        industry_codes = [industry.code for industry in industries.INDUSTRIES]
        sections = [self._section(code) for code in industry_codes]
        with_letter = [section + code for section, code in zip(sections, industry_codes, strict=True)]
        vague = [section + code[:2] for section, code in zip(sections, industry_codes, strict=True)]
        size = len(industry_codes)
        form = np.where(self.system[index] == CORE, 0, np.where(self.system[index] == CRM, 2, 1))
        industry_code = people.industry[own] + form * size
        other_trade = earlier & (kind == 3) & (rng.random(len(index)) < 0.3)
        industry_code = np.where(other_trade, (people.industry[own] + 1) % size, industry_code)
        # firms from abroad are registered by the world's classification, older files by the edition before
        abroad = (people.org_type[own] == names.ORG_TYPES.index("FOREIGN")) & (self.system[index] == LOS)
        industry_code = np.where(abroad, 3 * size + people.sector[own], industry_code)
        division = np.array([int(code[:2]) for code in industry_codes])[people.industry[own]]
        old_edition = earlier & (kind == 3) & ~other_trade & ~abroad & (division <= 75) & (place == 0)
        industry_code = np.where(old_edition, people.industry[own] + 2 * size, industry_code)
        poor = self.system[index] == DIGITAL
        capital = np.maximum(people.assets[own] * 0.18 / 1e4, 3)
        capital = np.where(capital > 100, np.rint(capital / 50) * 50, np.rint(capital))
        has_certificate = people.has_certificate[own] & ~poor
        certificate = np.where(people.size[own] == LARGE, 0, rng.integers(0, 4, people.rows)[own])
        certificate = np.where(people.size[own] == MICRO, 1, certificate)
        self.certificate_expires_on = clock.day_in_month(settings.end_month + rng.integers(-14, 34, people.rows), 28)
        expires = self.certificate_expires_on[own]
        former = np.array([None] * len(index), dtype=object)
        renamed = np.flatnonzero((rng.random(people.rows) < 0.03)[own] & (self.system[index] == CORE))
        true_names = self.names.take(pa.array(own[renamed])).to_pylist()
        for position, name in zip(renamed.tolist(), true_names, strict=True):
            prefix = PREFIXES[people.region[own[position]]]
            former[position] = name.replace(prefix, prefix + "新", 1)
        spelled = self._spelled()
        branch_known = ~poor | (rng.random(len(index)) < 0.3)
        consent = rng.random(people.rows)
        answered = rng.random(people.rows) < 0.9
        agrees = people.behaviour == POT
        region_codes = [code for code, _, _ in names.REGIONS]
        columns: dict[str, Any] = {
            **{"source_system": Coded(self.system[index], SYSTEMS), "client_no": self.number.take(pa.array(index))},
            "extracted_at": stamp,
            "branch_code": Coded(np.where(branch_known, people.branch[own], -1), branch_codes()),
            "client_name": pa.array([spelled[i] for i in index.tolist()], pa.string()),
            "former_name": pa.array(former, pa.string()),
            "org_type": Coded(np.where(poor, -1, people.org_type[own]), names.ORG_TYPES),
            "registered_on": Nullable(people.registered_on[own], poor & (rng.random(len(index)) < 0.5)),
            "status": Coded(np.where(left, people.left_as[own], 0), STATUSES),
            "status_changed_on": Nullable(people.left_on[own], ~left),
            "legal_representative": Nullable(
                np.array(self.person.take(pa.array(own)).to_pylist(), dtype=object), person_missing
            ),
            "phone": pa.array(phone, pa.string()),
            "email": Nullable(
                np.array(names.emails(people.global_index).take(pa.array(own)).to_pylist(), dtype=object),
                (rng.random(people.rows) < 0.55)[own] | (self.system[index] == LOS),
            ),
            "address": address,
            "region_code": Coded(np.where(poor, -1, people.region[own]), region_codes),
            "industry_code": Coded(
                np.where(poor, -1, industry_code), industry_codes + with_letter + vague + list(ISIC_DIVISIONS)
            ),
            "industry_code_system": Coded(np.where(poor, -1, abroad.astype(int)), ["GBT4754", "ISIC4"]),
            "industry_code_edition": Coded(np.where(poor | abroad, -1, old_edition.astype(int)), ["2017", "2011"]),
            "employees": Nullable(staff, poor | (rng.random(people.rows) < 0.03)[own]),
            "registered_capital": Nullable(capital.astype(float), poor),
            "registered_capital_unit": Coded(np.where(poor, -1, 0), ["WAN"]),
            "technology_certificate": Coded(np.where(has_certificate, certificate, -1), CERTIFICATES),
            "technology_certificate_expires_on": Nullable(expires, ~has_certificate),
            "relationship_started_on": started_on[index],
            "consent_marketing": Nullable((consent < 0.62)[own] | agrees[own], ~answered[own] & ~agrees[own]),
            "consent_profiling": Nullable((consent < 0.7)[own], ~answered[own]),
        }
        columns["batch_id"] = batch_columns(version_on)["batch_id"]
        self.version_registration = index
        return columns

    @staticmethod
    def _section(code: str) -> str:
        division = int(code[:2])
        bounds = (
            (5, "A"), (12, "B"), (43, "C"), (46, "D"), (50, "E"), (52, "F"), (60, "G"), (62, "H"), (65, "I"),
            (69, "J"), (70, "K"), (72, "L"), (75, "M"), (79, "N"), (82, "O"), (83, "P"), (85, "Q"), (90, "R"),
            (96, "S"), (97, "T"),
        )  # fmt: skip
        return next(letter for last, letter in bounds if division <= last)

    # -- identifiers -------------------------------------------------------------------------------

    def identifiers(self) -> dict[str, Any]:
        people = self.people
        rng = stream(people.settings, people.block, 22)
        n = people.rows
        needs = {kind: np.zeros(n, dtype=bool) for kind in (BY_ORG_CODE, BY_REG_NO, BY_TAX_NO)}
        for kind, mask in needs.items():
            mask[self.client[self.link == kind]] = True
        has_uscc = self.is_first & ~((rng.random(self.rows) < 0.02) & (self.system != CORE))
        has_uscc |= self.link == BY_USCC
        has_uscc &= self.is_first | (self.link == BY_USCC)
        blank = np.zeros(self.rows, dtype=bool)
        groups = [
            ("USCC", has_uscc, self.uscc),
            ("ORG_CODE", (self.link == BY_ORG_CODE) | (self.is_first & (rng.random(self.rows) < 0.06)), self.org_code),
            (
                "REG_NO",
                (self.link == BY_REG_NO)
                | (self.is_first & (needs[BY_REG_NO][self.client] | (rng.random(self.rows) < 0.05))),
                self.reg_no,
            ),
            (
                "TAX_NO",
                (self.link == BY_TAX_NO)
                | (self.is_first & (needs[BY_TAX_NO][self.client] | (rng.random(self.rows) < 0.04))),
                self.uscc,
            ),
        ]
        kinds, index, values = [], [], []
        for position, (_, mask, source) in enumerate(groups):
            chosen = np.flatnonzero(mask | blank)
            kinds.append(np.full(len(chosen), position))
            index.append(chosen)
            values.append(source.take(pa.array(self.client[chosen])))
        kinds, index = np.concatenate(kinds), np.concatenate(index)
        values = pa.concat_arrays(values)
        order = np.lexsort((kinds, index))
        kinds, index, values = kinds[order], index[order], values.take(pa.array(order))
        client = self.client[index]
        unknown = rng.random(len(index)) < 0.15
        valid_from = np.where(unknown, np.datetime64("1900-01-01"), people.registered_on[client])
        old_number = (kinds == 2) & (rng.random(len(index)) < 0.4) & (valid_from < np.datetime64("2015-10-01"))
        start = latest(people.started_on[client], np.full(len(index), people.settings.start))
        self.identifier_registration = index
        self.identifier_kind = kinds
        return {
            "source_system": Coded(self.system[index], SYSTEMS),
            "client_no": self.number.take(pa.array(index)),
            "identifier_type": Coded(kinds, [name for name, _, _ in groups]),
            "identifier_value": values,
            "valid_from": valid_from,
            "valid_to": Nullable(np.full(len(index), np.datetime64("2015-12-31")), ~old_number),
            **batch_columns(np.minimum(start, people.settings.end)),
        }

    # -- relationships -----------------------------------------------------------------------------

    def relationships(self, projects, loans) -> dict[str, Any]:
        people = self.people
        rng = stream(people.settings, people.block, 23)
        n = people.rows
        large = np.flatnonzero((people.size == LARGE) & ~people.is_project_company)
        if not len(large):
            large = np.arange(min(n, 1))
        # parents: a few of the smaller firms belong to a large one
        children = np.flatnonzero((rng.random(n) < 0.03) & ~people.is_project_company & (people.size > LARGE))
        parents = large[rng.integers(0, len(large), len(children))]
        self.has_parent = np.zeros(n, dtype=bool)
        self.has_parent[children] = True
        # suppliers of an anchor, guarantors of a neighbour
        suppliers = np.flatnonzero((loans.line == 13) & (rng.random(n) < 0.25) & ~np.isin(np.arange(n), large))
        anchors = large[rng.integers(0, len(large), len(suppliers))]
        guaranteed = np.unique(loans.client[(loans.security == 1) & (rng.random(loans.rows) < 0.06)])
        guarantors = (guaranteed + 1 + rng.integers(0, max(n - 1, 1), len(guaranteed))) % n
        different = guarantors != guaranteed
        guaranteed, guarantors = guaranteed[different], guarantors[different]
        source = np.concatenate([parents, projects.sponsor, guarantors, suppliers])
        target = np.concatenate([children, projects.client, guaranteed, anchors])
        kind = np.repeat([0, 1, 2, 3], [len(parents), projects.rows, len(guarantors), len(suppliers)])
        share = np.concatenate(
            [
                np.round(rng.uniform(0.4, 1.0, len(parents)), 2),
                projects.share,
                np.full(len(guarantors), np.nan),
                np.full(len(suppliers), np.nan),
            ]
        )
        first = latest(people.started_on[source], people.started_on[target])
        ended = (rng.random(len(source)) < 0.05) & (kind != 1) & (first < people.settings.end - 500)
        load = latest(first, np.full(len(source), people.settings.start))
        return {
            **self.keys(source, prefix="from_"),
            **self.keys(target, prefix="to_"),
            "relationship_type": Coded(kind, ("PARENT_OF", "SPONSOR_OF", "GUARANTOR_OF", "SUPPLIER_OF")),
            "ownership_share": share,
            "valid_from": first,
            "valid_to": Nullable(first + 400, ~ended),
            **batch_columns(np.where(ended, np.maximum(load, np.minimum(first + 400, people.settings.end)), load)),
        }
