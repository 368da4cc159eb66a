"""What policy asked of each loan on the day of its decision, what the contract has, and what is offered to the clients
of today, computed a second time.

Written from domain.md (sections 1g, 3f, 4b and 4c), the rule seeds and their descriptions, not from the SQL: rules are
applied one after the other to one case at a time. Segments and their evidence are taken as segment_oracle.py compares
them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from oracle import OPEN_END, Oracle, Row, cents, longest_prefix, month_end
from oracle_common import ClientMonth, Facts, add_months, loans_of, months_back, months_between, six
from oracle_credit import Credit
from oracle_project import Projects
from oracle_relationship import NOT_YET, BusinessClock, timing

COMPARES = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "=": lambda value, limit: value == limit,
}
ALLOWED = "COMPLIANT"


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def stricter(lever: Row, *values: Decimal) -> Decimal:
    return min(values) if lever["restrictive"] == "LOW" else max(values)


@dataclass(frozen=True)
class Decision:
    """A loan on the day on which it was decided."""

    client: int
    application: Row | None
    decided_on: date
    basis: str
    segment_month: date
    segments: Mapping[str, str] | None
    regime: str


@dataclass(frozen=True)
class Verdict:
    """One lever of one loan."""

    policy: Decimal | None
    contract: Decimal | None
    status: str
    reason: str | None

    @classmethod
    def unknown(cls, reason: str, policy: Decimal | None = None, contract: Decimal | None = None) -> Verdict:
        return cls(policy, contract, "NOT_TESTABLE", reason)

    @classmethod
    def of(cls, is_kept: bool, reason: str, policy: Any, contract: Any) -> Verdict:
        return cls(policy, contract, ALLOWED, None) if is_kept else cls(policy, contract, "BREACH", reason)


class Policy:
    """Regimes, resolved levers and compliance. `evidence` is what stands beside the segments of a client and month."""

    def __init__(
        self,
        base: Oracle,
        segments: Mapping[str, Mapping[ClientMonth, str]],
        evidence: Mapping[ClientMonth, Row],
        exposure: Mapping[ClientMonth, Decimal],
        prime_rates: list[Row],
        loan_months: Mapping[tuple[str, date], Row],
    ) -> None:
        self.base, self.facts = base, Facts(base)
        self.months, self.last_month = base.months, base.months[-1]
        self.segments, self.evidence, self.exposure = segments, evidence, exposure
        self.prime_rates, self.loan_months = prime_rates, loan_months
        self.clock = BusinessClock(self.facts)
        self.projects = Projects(self.facts, loan_months, Credit(self.facts, {}))
        self.loans = {row["loan_no"]: (client, row) for client, rows in loans_of(self.facts).items() for row in rows}

    def rules(self, name: str, day: date) -> list[Row]:
        return self.facts.rules(name, day)

    def parameter(self, name: str, day: date) -> Decimal:
        return next(
            Decimal(row["parameter_value"])
            for row in self.rules("rule_policy_parameter", day)
            if row["parameter_id"] == name
        )

    def prime_rate(self, tenor: str, day: date) -> Decimal | None:
        """The loan prime rate last published by a day."""
        return next(
            (
                row["rate"]
                for row in self.prime_rates
                if row["tenor"] == tenor and row["valid_from"] <= day < row["valid_to"]
            ),
            None,
        )

    # market regime ----------------------------------------------------------------------------------------------

    @cached_property
    def published(self) -> dict[tuple[str, str], list[Row]]:
        result: dict[tuple[str, str], list[Row]] = {}
        for row in self.base.staging["stg_market_indicators"]:
            if (row["size_class"] or "ALL") == "ALL" and (row["population"] or "ALL") == "ALL":
                result.setdefault((row["indicator"], row["sector"]), []).append(row)
        return result

    def known_periods(self, indicator: str, sector: str, month: date) -> dict[date, Decimal]:
        """By month of the period the value of the last release by a month end."""
        known: dict[date, Row] = {}
        for row in self.published.get((indicator, sector), ()):
            if row["released_on"] <= month:
                period = month_end(row["period_end"])
                if period not in known or known[period]["released_on"] < row["released_on"]:
                    known[period] = row
        return {period: row["value"] for period, row in known.items()}

    def recent(self, indicator: str, sector: str, month: date) -> tuple[date, dict[date, Decimal]] | None:
        """The newest period known, unless it is too old, and every value known."""
        known = self.known_periods(indicator, sector, month)
        oldest = months_back(month, int(self.parameter("REGIME_MAX_AGE_MONTHS", month)))
        return (max(known), known) if known and max(known) >= oldest else None

    def two_months(self, sector: str, month: date) -> tuple[Decimal, Decimal] | None:
        """The purchasing managers index of the two newest months, when they follow each other."""
        found = self.recent("PMI", sector, month)
        if found is None or months_back(found[0], 1) not in found[1]:
            return None
        newest, known = found
        return known[newest], known[months_back(newest, 1)]

    def change(self, sector: str, month: date) -> Decimal | None:
        """How the share of bad loans has changed over twelve months."""
        found = self.recent("NPL_RATIO", sector, month)
        back = int(self.parameter("REGIME_CHANGE_MONTHS", month))
        if found is None or months_back(found[0], back) not in found[1]:
            return None
        newest, known = found
        return known[newest] - known[months_back(newest, back)]

    def regime_features(self, sector: str, month: date) -> Row:
        """Of the sector itself, else of the whole market."""
        two, change = self.two_months(sector, month), self.change(sector, month)
        market_two, market_change = self.two_months("ALL", month), self.change("ALL", month)

        def basis(own: Any, market: Any) -> str:
            return "SECTOR" if own is not None else "ALL" if market is not None else "NO_DATA"

        pair = two or market_two or (None,)
        back = int(self.parameter("REGIME_CHANGE_MONTHS", month))
        now, then = self.prime_rate("1Y", month), self.prime_rate("1Y", add_months(month, -back))
        return {
            "pmi_highest_2m": max(pair),
            "pmi_lowest_2m": min(pair),
            "npl_ratio_change_12m": market_change if change is None else change,
            "lpr_change_12m": None if now is None or then is None else now - then,
            "pmi_basis": basis(two, market_two),
            "npl_basis": basis(change, market_change),
        }

    def regime_of(self, features: Row, month: date) -> str:
        clauses: dict[tuple[int, str], dict[str, bool]] = {}
        for row in self.rules("rule_market_regime", month):
            value = features[row["feature"]]
            is_met = (
                row["missing_passes"] == "true"
                if value is None
                else COMPARES[row["operator"]](value, Decimal(row["threshold"]))
            )
            met = clauses.setdefault((int(row["regime_order"]), row["regime"]), {})
            met[row["clause"]] = met.get(row["clause"], False) or is_met
        for (_, regime), met in sorted(clauses.items()):
            if all(met.values()):
                return regime
        return "NEUTRAL"

    @cached_property
    def regimes(self) -> dict[tuple[str, date], Row]:
        """The rows of seg_market_regime."""
        sectors = {
            row["segment_code"] for row in self.base.seed("reference", "ref_segment") if row["axis"] == "INDUSTRY"
        }
        result = {}
        for sector in sorted(sectors | {"ALL"}):
            for month in self.months:
                features = self.regime_features(sector, month)
                result[sector, month] = {"regime": self.regime_of(features, month)} | features
        return result

    # levers -----------------------------------------------------------------------------------------------------

    def base_value(self, tier: Row, lever: str, day: date) -> Decimal | None:
        if lever.startswith("REPAY_"):
            return Decimal(lever.removeprefix("REPAY_") in tier["repayment_methods"].split(";"))
        if lever == "APPROVAL_RANK":
            return self.track(tier["approval_track"], day)["rank"]
        return number(tier[lever.lower()])

    def reference_tier(self, day: date) -> str:
        """The tier on which segments of other axes are shown by themselves."""
        return next(
            row["credit_segment"] for row in self.rules("rule_tier_policy", day) if row["is_reference"] == "true"
        )

    def track(self, name: str | None, day: date) -> Row | None:
        for row in self.rules("rule_approval_track", day):
            if row["track"] == name:
                return row | {"rank": Decimal(row["control_rank"])}
        return None

    def resolve(self, lever: Row, tier: Row, rules: list[Row], day: date) -> Decimal:
        """Value of a lever, no limit being the number that stands for it."""
        empty = number(lever["value_when_empty"])
        start = self.base_value(tier, lever["lever"], day)
        start = empty if start is None else start
        mine: dict[str, list[Decimal]] = {}
        for rule in rules:
            if rule["lever"] == lever["lever"]:
                mine.setdefault(rule["operation"], []).append(Decimal(rule["value"]))
        value = stricter(lever, *mine["SET"]) if "SET" in mine else start
        value += sum(mine.get("ADD", []), Decimal(0))
        # no limit stays none whatever it is multiplied with
        if value != empty:
            for factor in mine.get("MULTIPLY", []):
                value *= factor
        bounded = [max(value, *mine["MINIMUM"])] if "MINIMUM" in mine else []
        bounded += [min(value, *mine["MAXIMUM"])] if "MAXIMUM" in mine else []
        if bounded:
            floor, cap = mine.get("MINIMUM", []), mine.get("MAXIMUM", [])
            if floor and cap and max(floor) > min(cap):
                value = stricter(lever, max(floor), min(cap))
            else:
                value = max([value, *floor])
                value = min([value, *cap])
        value = min(max(value, Decimal(lever["value_minimum"])), Decimal(lever["value_maximum"]))
        if tier["is_binding"] == "true" and lever["is_control"] == "true":
            value = stricter(lever, start, value)
        return value

    def levers(self, segments: Mapping[str, str], regime: str, day: date) -> dict[str, Decimal | None] | None:
        """Every lever of a client with these segments, by the rules of a day."""
        credit = segments["CREDIT"]
        tier = next((row for row in self.rules("rule_tier_policy", day) if row["credit_segment"] == credit), None)
        if tier is None:
            return None
        rules = [
            row
            for row in self.rules("rule_policy_modifier", day)
            if segments.get(row["axis"]) == row["segment_code"] and row["only_tier"] in (None, credit)
        ]
        rules += [row for row in self.rules("rule_market_regime_effect", day) if row["regime"] == regime]
        levers = {row["lever"]: row for row in self.rules("rule_policy_lever", day)}
        values = {name: self.resolve(lever, tier, rules, day) for name, lever in levers.items()}
        if values["NEW_CREDIT_ALLOWED"] == 0:
            for name, lever in levers.items():
                if lever["value_when_knocked_out"] is not None:
                    values[name] = stricter(lever, values[name], Decimal(lever["value_when_knocked_out"]))
        return {
            name: None if value == number(levers[name]["value_when_empty"]) else value for name, value in values.items()
        }

    # decisions --------------------------------------------------------------------------------------------------

    @cached_property
    def applications(self) -> dict[str, Row]:
        return {row["application_no"]: row for row in self.base.staging["stg_loan_applications"]}

    @cached_property
    def facilities(self) -> dict[str, Row]:
        return {row["facility_no"]: row for row in self.base.staging["stg_facilities"]}

    def application_no(self, loan: Row) -> str | None:
        """The loan's own, else that of its line."""
        return loan["application_no"] or self.facilities.get(loan["facility_no"], {}).get("application_no")

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """Every loan that was paid out by the last month end."""
        result = {}
        for number_, (client, loan) in self.loans.items():
            if loan["disbursed_on"] > self.last_month:
                continue
            application = self.applications.get(self.application_no(loan))
            decided_at = application["decided_at"] if application else None
            day = decided_at.date() if decided_at else loan["disbursed_on"]
            month = day.replace(day=1) - timedelta(days=1)
            segments = None
            if (client, month) in self.segments["CREDIT"]:
                segments = {axis: held[client, month] for axis, held in self.segments.items()}
            sector = segments["INDUSTRY"] if segments else "ALL"
            regime = self.regimes.get((sector, month), {}).get("regime", "NEUTRAL")
            basis = "APPLICATION" if decided_at else "DISBURSEMENT"
            result[number_] = Decision(client, application, day, basis, month, segments, regime)
        return result

    # contract ---------------------------------------------------------------------------------------------------

    @cached_property
    def allocations(self) -> dict[str, list[Row]]:
        result: dict[str, list[Row]] = {}
        for row in self.base.staging["stg_collateral_allocations"]:
            result.setdefault(row["loan_no"], []).append(row)
        return result

    @cached_property
    def valuations(self) -> dict[str, list[Row]]:
        result: dict[str, list[Row]] = {}
        for row in self.base.staging["stg_collaterals"]:
            result.setdefault(row["collateral_no"], []).append(row)
        return result

    def security(self, number_: str, loan: Row) -> list[tuple[Row, Decimal]]:
        """What secures a loan on the day of its disbursement: latest valuation by then, part for this loan."""
        day = loan["disbursed_on"]
        result = []
        for row in self.allocations.get(number_, ()):
            starts = row["valid_from"] or day
            if not (starts <= day <= (row["valid_to"] or OPEN_END)):
                continue
            known = [asset for asset in self.valuations.get(row["collateral_no"], ()) if asset["valued_on"] <= day]
            if known:
                asset = max(known, key=lambda asset: asset["valued_on"])
                worth = asset["value_amount"] * self.base.rate(asset["currency"], asset["valued_on"])
                result.append((asset, worth * row["allocated_share"]))
        return result

    def principal(self, loan: Row) -> Decimal:
        return cents(loan["principal"] * self.base.rate(loan["currency"], loan["disbursed_on"]))

    def capacity(self, client: int, month: date) -> tuple[str, Decimal | None]:
        """What a client can carry, and from what that is known."""
        row = self.evidence[client, month]
        if row["role"] == "BORROWER":
            return "PROJECT", None
        if row["flow_months_12m"] is not None and row["flow_months_12m"] >= self.parameter(
            "CAPACITY_FLOW_MONTHS", month
        ):
            return "INFLOW", row["inflow_12m"] * self.parameter("CAPACITY_SHARE_OF_INFLOW", month)
        revenue = None
        if row["statement_period_end"] is not None and not row["is_statement_too_old"]:
            filings = [
                statement
                for statement in self.base.statements.get(client, ())
                if statement["filed_on"] <= month and statement["period_end"] == row["statement_period_end"]
            ]
            statement = max(filings, key=lambda statement: statement["filed_on"])
            if statement["revenue"] is not None:
                unit = {None: 1, "YUAN": 1, "THOUSAND": 1_000, "WAN": 10_000, "MILLION": 1_000_000}
                rate = self.base.rate(statement["currency"], statement["period_end"], average=True)
                revenue = statement["revenue"] * unit[statement["amount_unit"]] * rate
        if revenue is None:
            return "NO_DATA", None
        return "REVENUE", revenue * self.parameter("CAPACITY_SHARE_OF_REVENUE", month)

    def project_type(self, loan: Row) -> str | None:
        """The type of the project that a loan is for."""
        project = self.project_of.get(loan["project_no"])
        return self.projects.type_of(project)[0] if project else None

    @cached_property
    def project_of(self) -> dict[str, Row]:
        return {row["project_no"]: row for row in self.base.staging["stg_projects"]}

    def fits(self, product: Row, segments: Mapping[str, str], day: date) -> tuple[list[str], int]:
        """Axes on which the product is not for the client, and on how many it is meant for it."""
        rows = [
            row for row in self.rules("rule_product_segment", day) if row["product_code"] == product["product_code"]
        ]
        closed = {"CREDIT", *(product["closed_axes"] or "").split(";")}
        misfits, targets = [], 0
        for axis, segment in segments.items():
            row = next((row for row in rows if row["axis"] == axis and row["segment_code"] == segment), None)
            fit = row["fit"] if row else ("EXCLUDED" if axis in closed else "ELIGIBLE")
            if fit == "EXCLUDED":
                misfits.append(axis)
            targets += fit == "TARGET"
        return misfits, targets

    # offers -----------------------------------------------------------------------------------------------------

    def has_green_use(self, client: int) -> bool:
        """It borrows for a green project that is not over, or is in a green business; nothing known is none."""
        projects = self.projects.roles.get((client, "borrower"), ())
        if any(
            project["is_green"] is True and self.projects.phase(project, self.last_month) not in (None, "CLOSED")
            for project in projects
        ):
            return True
        listing, code = self.base.code_of(self.base.knowledge[client, self.last_month])
        sector = longest_prefix(self.base.sectors[listing], code) if code else None
        return sector is not None and sector["is_green"] == "true"

    def price(self, product: Row, tier: str, day: date) -> Decimal | None:
        for row in self.rules("rule_product_segment", day):
            if (row["product_code"], row["axis"], row["segment_code"]) == (product["product_code"], "CREDIT", tier):
                return number(row["spread_bp"])
        return None

    @cached_property
    def had(self) -> dict[int, set[str | None]]:
        """Products of which a client has had a loan or a line by the last month end."""
        result: dict[int, set[str | None]] = defaultdict(set)
        for client, loan in self.loans.values():
            if loan["disbursed_on"] <= self.last_month:
                result[client].add(loan["product_code"])
        for line in self.facilities.values():
            if line["started_on"] <= self.last_month:
                result[self.base.client_of[line["source_system"], line["client_no"]]].add(line["product_code"])
        return result

    def rank(self, product: Row, segments: Mapping[str, str], day: date) -> int:
        """The first of the ranks that the product has with the segments it is meant for."""
        ranks = [
            int(row["offer_rank"])
            for row in self.rules("rule_product_segment", day)
            if row["product_code"] == product["product_code"]
            and segments.get(row["axis"]) == row["segment_code"]
            and row["offer_rank"]
        ]
        return min(ranks, default=10**6)

    def offered(
        self,
        client: int,
        segments: Mapping[str, str],
        levers: Mapping[str, Decimal | None],
        is_green: bool,
        limit: Decimal | None,
    ) -> list[Row]:
        """Products with their price, the best first: priced, by rank, meant for most segments, cheapest."""
        if levers["NEW_CREDIT_ALLOWED"] == 0:
            return []
        day, found = self.last_month, []
        owed = self.exposure.get((client, day), Decimal(0))
        room = None if limit is None else limit - owed
        for product in self.rules("rule_product", day):
            misfits, targets = self.fits(product, segments, day)
            methods = (product["repayment_methods"] or "").split(";")
            is_repaid_as_allowed = (
                product["repayment_basis"] == "PRODUCT"
                or methods == [""]
                or any(levers[f"REPAY_{method}"] == 1 for method in methods)
            )
            is_for_it = is_green or product["needs_green_use"] == "false"
            if product["is_renewal"] == "true":
                can_have_it = owed > 0
            else:
                is_open = levers["NEW_PRODUCT_ALLOWED"] == 1 or product["product_code"] in self.had[client]
                least = Decimal(product["amount_min"] or 0)
                can_have_it = is_open and (room is None or (room > 0 and room >= least))
            if not misfits and is_repaid_as_allowed and is_for_it and can_have_it:
                price = self.price(product, segments["CREDIT"], day)
                found.append(product | {"price": price, "targets": targets, "rank": self.rank(product, segments, day)})
        return sorted(
            found,
            key=lambda row: (
                row["price"] is None,
                row["rank"],
                -row["targets"],
                row["price"] or Decimal(0),
                row["product_code"],
            ),
        )

    def lpr_tenor(self, product: Row) -> str:
        if product["lpr_basis"] != "BY_TERM":
            return product["lpr_basis"]
        longest = self.parameter("LONG_TENOR_ABOVE_MONTHS", self.last_month)
        return "5Y" if Decimal(product["term_months_max"]) > longest else "1Y"

    def promised_days(self, client: int, levers: Mapping[str, Decimal | None], best: Row | None) -> Decimal | None:
        """Of the tier, or of the fast track where that is quicker and open; a product may take longer."""
        days = levers["SERVICE_LEVEL_DAYS"]
        if days is None:
            return None
        owed = self.exposure.get((client, self.last_month), Decimal(0))
        if levers["FAST_TRACK_AMOUNT_MAX"] > 0 and owed <= levers["FAST_TRACK_AMOUNT_MAX"]:
            fast = [row for row in self.rules("rule_approval_track", self.last_month) if row["is_fast"] == "true"]
            days = min([days, *(Decimal(row["service_level_days"]) for row in fast)])
        longer = best["service_level_days"] if best else None
        return max(days, Decimal(longer or 0))

    @cached_property
    def offers(self) -> dict[tuple[int], Row]:
        """By client of today what mart_client_policy should say about limit, products and price."""
        result = {}
        month = self.last_month
        for client, at in self.segments["CREDIT"]:
            if at != month:
                continue
            segments = {axis: held[client, month] for axis, held in self.segments.items()}
            levers = self.levers(segments, self.regimes[segments["INDUSTRY"], month]["regime"], month)
            assert levers is not None
            basis, capacity = self.capacity(client, month)
            is_green = self.has_green_use(client)
            limit = None if capacity is None else capacity * levers["LIMIT_MULTIPLIER"]
            offered = self.offered(client, segments, levers, is_green, limit)
            best = offered[0] if offered else None
            spread = None if best is None or best["price"] is None else best["price"] + levers["SPREAD_ADD_BP"]
            tenor = self.lpr_tenor(best) if best else None
            prime = self.prime_rate(tenor, month) if tenor else None
            result[(client,)] = {
                "is_knocked_out": levers["NEW_CREDIT_ALLOWED"] == 0,
                "exposure_amount": self.exposure.get((client, month), Decimal(0)),
                "capacity_basis": basis,
                "limit_amount": limit,
                "has_green_use": is_green,
                "offered_product_codes": ";".join(row["product_code"] for row in offered) or None,
                "best_product_code": best["product_code"] if best else None,
                "spread_bp": spread,
                "service_level_days": self.promised_days(client, levers, best),
                "lpr_tenor": tenor,
                "lpr_rate": prime,
                "indicative_rate": None if prime is None or spread is None else prime + spread / 10_000,
            }
        return result

    # compliance -------------------------------------------------------------------------------------------------

    @cached_property
    def compliance(self) -> dict[tuple[str, str], Row]:
        """By loan and lever what mart_policy_compliance should say."""
        result = {}
        for number_, decision in self.decisions.items():
            for lever, verdict in self.verdicts(number_, decision).items():
                result[number_, lever] = self.excused(decision, self.loans[number_][1]["product_code"], lever, verdict)
        return result

    def excused(self, decision: Decision, product: str | None, lever: str, verdict: Verdict) -> Row:
        exception = decision.application["exception_code"] if decision.application else None
        is_excused = verdict.status == "BREACH" and any(
            row["exception_code"] == exception
            and row["lever"] == lever
            and row["reason_code"] in (None, verdict.reason)
            for row in self.rules("rule_policy_exception", decision.decided_on)
        )
        return {
            "client_key": decision.client,
            "product_code": product,
            "application_no": decision.application["application_no"] if decision.application else None,
            "decided_on": decision.decided_on,
            "decision_basis": decision.basis,
            "credit_segment": decision.segments["CREDIT"] if decision.segments else NOT_YET,
            "policy_value": verdict.policy,
            "contract_value": verdict.contract,
            "status": "EXCUSED" if is_excused else verdict.status,
            "reason_code": verdict.reason,
            "exception_code": exception,
        }

    def verdicts(self, number_: str, decision: Decision) -> dict[str, Verdict]:
        client, loan = self.loans[number_]
        day = decision.decided_on
        names = (
            "SPREAD UNSECURED COLLATERAL_COVERAGE GUARANTOR REPAYMENT_METHOD TERM AMOUNT LIMIT PRODUCT_FIT "
            "APPROVAL_TRACK SERVICE_LEVEL NEW_CREDIT REPEAT_USE"
        ).split()
        levers = self.levers(decision.segments, decision.regime, day) if decision.segments else None
        if levers is None:
            return {name: Verdict.unknown("NO_SEGMENTS_AT_DECISION") for name in names}
        product = next(
            (row for row in self.rules("rule_product", day) if row["product_code"] == loan["product_code"]), None
        )
        of_product = dict.fromkeys(
            "SPREAD UNSECURED COLLATERAL_COVERAGE REPAYMENT_METHOD TERM AMOUNT PRODUCT_FIT REPEAT_USE".split(),
            Verdict.unknown("PRODUCT_NOT_IN_CATALOGUE"),
        )
        if product is not None:
            of_product = {
                "SPREAD": self.spread(loan, decision, product, levers),
                "TERM": self.term(loan, product),
                "AMOUNT": self.amount(loan, decision, product),
                "REPEAT_USE": self.repeat_use(client, loan, decision),
                "PRODUCT_FIT": self.product_fit(loan, decision, product),
                "REPAYMENT_METHOD": self.repayment(loan, product, levers),
                **self.secured(number_, loan, product, levers),
            }
        return of_product | {
            "GUARANTOR": self.guarantor(number_, loan, levers),
            "LIMIT": self.limit(client, loan, decision, levers),
            "APPROVAL_TRACK": self.approval_track(client, loan, decision, levers),
            "SERVICE_LEVEL": self.service_level(decision, product, levers),
            "NEW_CREDIT": self.new_credit(client, loan, decision, levers),
        }

    def contract_spread(self, loan: Row) -> Decimal | None:
        """As delivered, else the rate less the prime rate of the day of disbursement."""
        if loan["spread_bp"] is not None:
            return loan["spread_bp"]
        prime = self.prime_rate(loan["lpr_tenor"], loan["disbursed_on"]) if loan["lpr_tenor"] else None
        if prime is None or loan["rate"] is None:
            return None
        return (loan["rate"] - prime) * 10_000

    def spread(self, loan: Row, decision: Decision, product: Row, levers: Mapping[str, Decimal | None]) -> Verdict:
        contract = self.contract_spread(loan)
        if product["pricing_basis"] != "SPREAD":
            return Verdict.unknown(f"PRICED_{product['pricing_basis']}", None, contract)
        price = self.price(product, decision.segments["CREDIT"], decision.decided_on)
        if price is None:
            return Verdict.unknown("NOT_OFFERED_TO_TIER", None, contract)
        policy = price + levers["SPREAD_ADD_BP"]
        if contract is None:
            return Verdict.unknown("NO_SPREAD", policy)
        tolerance = self.parameter("SPREAD_TOLERANCE_BP", decision.decided_on)
        return Verdict.of(contract >= policy - tolerance, "BELOW_PRICE", policy, contract)

    def secured(
        self, number_: str, loan: Row, product: Row, levers: Mapping[str, Decimal | None]
    ) -> dict[str, Verdict]:
        principal = self.principal(loan)
        share, coverage = levers["UNSECURED_SHARE_MAX"], levers["COLLATERAL_COVERAGE_MIN"]
        amount = self.decided_amount(loan)
        if amount <= levers["UNSECURED_AMOUNT_MAX"]:
            share, coverage = Decimal(1), Decimal(0)
        of_product, least = (
            number(product["unsecured_share_max"]),
            number(product["collateral_coverage_min"]) or Decimal(0),
        )
        if product["unsecured_amount_max"] is not None and amount <= Decimal(product["unsecured_amount_max"]):
            of_product, least = Decimal(1), Decimal(0)
        share, coverage = min(share, of_product), max(coverage, least)
        kind = self.kind_of_security(loan)
        assets = self.security(number_, loan)
        if not assets and not (kind and kind["is_unsecured"] == "true"):
            # what policy does not ask for need not be known
            nothing_asked = {
                "UNSECURED": share == 1 and Verdict(share, None, ALLOWED, None),
                "COLLATERAL_COVERAGE": coverage == 0 and Verdict(coverage, None, ALLOWED, None),
            }
            return {name: verdict or Verdict.unknown("NO_SECURITY_DATA") for name, verdict in nothing_asked.items()}
        counted = {row["collateral_type"]: row for row in self.rules("rule_collateral_value", loan["disbursed_on"])}
        worth = sum((value for _, value in assets), Decimal(0))
        after = sum(
            (value * Decimal(counted[asset["collateral_type"]]["counted_share"]) for asset, value in assets), Decimal(0)
        )
        unsecured, covered = six(max(1 - worth / principal, Decimal(0))), six(after / principal)
        return {
            "UNSECURED": Verdict.of(unsecured <= share, "TOO_MUCH_UNSECURED", share, unsecured),
            "COLLATERAL_COVERAGE": Verdict.of(covered >= coverage, "COVERAGE_TOO_LOW", coverage, covered),
        }

    def kind_of_security(self, loan: Row) -> Row | None:
        rows = self.rules("rule_security_type", loan["disbursed_on"])
        return next((row for row in rows if row["security_type"] == loan["security_type"]), None)

    def guarantor(self, number_: str, loan: Row, levers: Mapping[str, Decimal | None]) -> Verdict:
        kind = self.kind_of_security(loan)
        counted = {row["collateral_type"]: row for row in self.rules("rule_collateral_value", loan["disbursed_on"])}
        has_guarantor = (kind is not None and kind["has_guarantor"] == "true") or any(
            asset["guarantor_client_no"] is not None or counted[asset["collateral_type"]]["is_guarantee"] == "true"
            for asset, _ in self.security(number_, loan)
        )
        policy = levers["GUARANTOR_REQUIRED"]
        return Verdict.of(has_guarantor or policy == 0, "NO_GUARANTOR", policy, Decimal(has_guarantor))

    @staticmethod
    def term_months(loan: Row) -> int:
        """Months from disbursement to maturity, a begun one counts."""
        months = months_between(loan["disbursed_on"], loan["matures_on"])
        return months + (add_months(loan["disbursed_on"], months) < loan["matures_on"])

    def repayment(self, loan: Row, product: Row, levers: Mapping[str, Decimal | None]) -> Verdict:
        method, term = loan["repayment_method"], Decimal(self.term_months(loan))
        by_tier = product["repayment_basis"] == "TIER"
        longest = levers["INTEREST_ONLY_MONTHS_MAX"] if by_tier else None
        if f"REPAY_{method}" not in levers:
            return Verdict.unknown("NO_KNOWN_METHOD", longest, term)
        of_product = (product["repayment_methods"] or method).split(";")
        if method not in of_product:
            return Verdict(longest, term, "BREACH", "NOT_OF_THE_PRODUCT")
        if by_tier and levers[f"REPAY_{method}"] == 0:
            return Verdict(longest, term, "BREACH", "NOT_OF_THE_TIER")
        waits = method in ("INTEREST_ONLY", "BULLET")
        is_kept = not waits or longest is None or term <= longest
        return Verdict.of(is_kept, "TOO_LONG_WITHOUT_PRINCIPAL", longest, term)

    def term(self, loan: Row, product: Row) -> Verdict:
        """At least so many whole months, of the line where one draws at will; at most so many, a begun one counts."""
        start, end = loan["disbursed_on"], loan["matures_on"]
        line = self.facilities.get(loan["facility_no"])
        if line is not None and product["is_revolving"] == "true":
            start, end = line["started_on"], line["expires_on"] or OPEN_END
        least = int(product["term_months_min"])
        whole = months_between(start, end)
        whole -= add_months(start, whole) > end
        if whole < least:
            return Verdict(Decimal(least), Decimal(whole), "BREACH", "TOO_SHORT")
        policy, contract = Decimal(product["term_months_max"]), Decimal(self.term_months(loan))
        return Verdict.of(contract <= policy, "TOO_LONG", policy, contract)

    def decided_amount(self, loan: Row) -> Decimal:
        """What was decided on: the limit of the line, else the loan."""
        line = self.facilities.get(loan["facility_no"])
        if line is None:
            return self.principal(loan)
        return cents(line["limit_amount"] * self.base.rate(line["currency"], line["started_on"]))

    def amount(self, loan: Row, decision: Decision, product: Row) -> Verdict:
        contract = self.decided_amount(loan)
        least, policy = number(product["amount_min"]), number(product["amount_max"])
        if least is None and policy is None:
            return Verdict.unknown("PRODUCT_HAS_NO_BOUNDS", None, contract)
        if least is not None and (contract < least or policy is None):
            return Verdict.of(contract >= least, "BELOW_MINIMUM", least, contract)
        return Verdict.of(contract <= policy, "ABOVE_MAXIMUM", policy, contract)

    def repeat_use(self, client: int, loan: Row, decision: Decision) -> Verdict:
        """How many loans of the product the client has with this one: live, and paid out within the window."""
        rule = next(
            (
                row
                for row in self.rules("rule_product_use", decision.decided_on)
                if row["product_code"] == loan["product_code"]
            ),
            None,
        )
        if rule is None:
            return Verdict.unknown("PRODUCT_HAS_NO_USE_LIMIT")
        day = loan["disbursed_on"]
        before = [
            other
            for other in self.loans_by_client[client]
            if other["product_code"] == loan["product_code"]
            and (other["disbursed_on"], other["loan_no"]) < (day, loan["loan_no"])
        ]
        live = Decimal(1 + sum(self.is_live(other, day) for other in before))
        most = Decimal(rule["live_loans_max"])
        if live > most:
            return Verdict(most, live, "BREACH", "ANOTHER_LIVE")
        window = add_months(day, -int(rule["window_months"]))
        recent = Decimal(1 + sum(other["disbursed_on"] > window for other in before))
        return Verdict.of(recent <= int(rule["loans_max"]), "TOO_MANY_IN_WINDOW", Decimal(rule["loans_max"]), recent)

    def is_live(self, loan: Row, day: date) -> bool:
        """Not over by a day; past its maturity it must still have been owed at the month end before."""
        ends = [loan[name] for name in ("closed_on", "written_off_on") if loan[name] is not None]
        if any(end <= day for end in ends):
            return False
        if loan["matures_on"] >= day:
            return True
        at = self.loan_months.get((loan["loan_no"], day.replace(day=1) - timedelta(days=1)))
        return at is not None and at["outstanding_amount"] > 0

    def asked_for(self, client: int, loan: Row, decision: Decision) -> Decimal:
        """What the client owes before and the decided amount together."""
        before = self.exposure.get((client, decision.segment_month), Decimal(0))
        return before + self.decided_amount(loan)

    def limit(self, client: int, loan: Row, decision: Decision, levers: Mapping[str, Decimal | None]) -> Verdict:
        basis, capacity = self.capacity(client, decision.segment_month)
        contract = self.asked_for(client, loan, decision)
        policy = None if capacity is None else capacity * levers["LIMIT_MULTIPLIER"]
        if self.is_renewal(client, loan):
            return Verdict.unknown("RENEWAL", policy, contract)
        if basis == "PROJECT":
            return Verdict.unknown("LIMITED_BY_PROJECT_SCHEME", None, contract)
        if policy is None:
            return Verdict.unknown("NO_CAPACITY_DATA", None, contract)
        return Verdict.of(contract <= policy, "ABOVE_LIMIT", policy, contract)

    def is_renewal(self, client: int, loan: Row) -> bool:
        """It only replaces another loan: named so, restructured at birth, or the same amount on the day of its end."""
        if loan["renewed_from_loan_no"] is not None:
            return True
        if loan["restructured_on"] is not None and loan["restructured_on"] <= loan["disbursed_on"]:
            return True
        return any(
            other["loan_no"] != loan["loan_no"]
            and other["closed_on"] == loan["disbursed_on"]
            and other["principal"] == loan["principal"]
            and (other["currency"] or "CNY") == (loan["currency"] or "CNY")
            for other in self.loans_by_client[client]
        )

    @cached_property
    def loans_by_client(self) -> dict[int, list[Row]]:
        return loans_of(self.facts)

    def product_fit(self, loan: Row, decision: Decision, product: Row) -> Verdict:
        """A project loan is for its project, whatever else its client builds."""
        own = self.project_type(loan)
        segments = decision.segments | ({"PROJECT_TYPE": own} if own else {})
        misfits, targets = self.fits(product, segments, decision.decided_on)
        return Verdict.of(not misfits, "NOT_OFFERED_TO_SEGMENT", None, Decimal(targets))

    def approval_track(
        self, client: int, loan: Row, decision: Decision, levers: Mapping[str, Decimal | None]
    ) -> Verdict:
        name = decision.application["approval_track"] if decision.application else None
        track, policy = self.track(name, decision.decided_on), levers["APPROVAL_RANK"]
        if track is None:
            return Verdict.unknown("NO_KNOWN_TRACK" if decision.application else "NO_APPLICATION")
        if track["is_fast"] == "true":
            asked, open_to = self.asked_for(client, loan, decision), levers["FAST_TRACK_AMOUNT_MAX"]
            return Verdict.of(asked <= open_to, "NOT_OPEN_FOR_FAST_TRACK", open_to, asked)
        return Verdict.of(track["rank"] >= policy, "TRACK_TOO_LIGHT", policy, track["rank"])

    def service_level(self, decision: Decision, product: Row | None, levers: Mapping[str, Decimal | None]) -> Verdict:
        application = decision.application
        track = self.track(application["approval_track"], decision.decided_on) if application else None
        policy = levers["SERVICE_LEVEL_DAYS"]
        if track is not None and track["is_fast"] == "true":
            policy = number(track["service_level_days"])
        elif policy is not None and product is not None and product["service_level_days"] is not None:
            policy = max(policy, Decimal(product["service_level_days"]))
        if application is None:
            return Verdict.unknown("NO_APPLICATION")
        taken = timing(self.clock, application).business
        if taken is None:
            return Verdict.unknown("NO_DECISION_TIME")
        if policy is None:
            return Verdict.unknown("NO_SERVICE_LEVEL")
        days = taken / self.clock.length(decision.decided_on)
        return Verdict.of(days <= policy, "TOO_SLOW", policy, days)

    def new_credit(self, client: int, loan: Row, decision: Decision, levers: Mapping[str, Decimal | None]) -> Verdict:
        if self.is_renewal(client, loan):
            return Verdict(levers["NEW_CREDIT_ALLOWED"], Decimal(0), ALLOWED, None)
        if levers["NEW_CREDIT_ALLOWED"] == 0:
            return Verdict(Decimal(0), Decimal(1), "BREACH", "KNOCKED_OUT")
        is_known = any(
            other["product_code"] == loan["product_code"] and other["disbursed_on"] < decision.decided_on
            for other in self.loans_by_client[client]
        )
        if is_known:
            return Verdict(Decimal(1), Decimal(1), ALLOWED, None)
        return Verdict.of(
            levers["NEW_PRODUCT_ALLOWED"] == 1, "NO_NEW_PRODUCT", levers["NEW_PRODUCT_ALLOWED"], Decimal(1)
        )
