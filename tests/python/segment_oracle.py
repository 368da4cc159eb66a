"""All six segment axes computed a second time in plain Python, from the specification and not from the SQL.

It starts where oracle.py starts (accepted staging rows, the identity map, the seeds) and uses its grid, industry, size
and loan months. Each axis has a module of its own: oracle_credit, oracle_behaviour, oracle_lifecycle, oracle_project;
confirmation, dwell and overrides are in oracle_fold. Dated facts are looked at month by month, one client at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

import oracle_fold
from oracle import STAGING_TABLES, Knowledge, Oracle, Row, longest_prefix
from oracle_behaviour import Behaviour
from oracle_common import Candidate, ClientMonth, Facts
from oracle_credit import Credit
from oracle_fold import axis_rules, finished
from oracle_lifecycle import Lifecycle, OtherAxes
from oracle_project import Projects

AXES = ["INDUSTRY", "SIZE", "CREDIT", "LIFECYCLE", "BEHAVIOUR", "PROJECT_TYPE"]
SEGMENT_STAGING_TABLES = [
    *STAGING_TABLES,
    "stg_account_flows",
    "stg_bureau_reports",
    "stg_credit_events",
    "stg_credit_ratings",
    "stg_digital_events",
    "stg_facilities",
    "stg_project_cashflows",
    "stg_project_risk_grades",
    "stg_segment_overrides",
]
NO_SIZE_ROW = "99"


class SegmentOracle:
    """Expected rows of the segment tables and of what is counted over them.

    `loan_months` may be given: whoever compares can settle first what oracle.py leaves open about them (balances within
    the tolerance of an instalment), so that a difference is told once and not on every axis.
    """

    def __init__(self, base: Oracle, loan_months: Mapping[tuple[str, date], Row] | None = None) -> None:
        self.base = base
        self.facts = Facts(base)
        self.loan_months = base.loan_months if loan_months is None else loan_months
        self.credit = Credit(self.facts, self.loan_months)
        self.behaviour = Behaviour(self.facts, self.loan_months, self.credit)
        self.projects = Projects(self.facts, self.loan_months, self.credit)
        self._axes: dict[str, dict[ClientMonth, Row]] = {}

    @property
    def grid(self) -> dict[ClientMonth, Knowledge]:
        return self.base.knowledge

    def is_knocked_out(self, client: int, month: date) -> bool:
        return self.credit.status(client, month).is_knocked_out

    # candidates -------------------------------------------------------------------------------------------------

    def industry_candidate(self, client: int, month: date) -> Candidate:
        known = self.grid[client, month]
        segment = self.base.industry[client, month]
        listing, code = self.base.code_of(known)
        base = longest_prefix(self.base.sectors[listing], code) if code else None
        certificate = known.holder("technology_certificate")
        expires = certificate.get("technology_certificate_expires_on")
        is_valid = bool(certificate) and (expires is None or expires >= month)
        evidence = {
            "industry_code": code,
            "sector_base": base["sector_base"] if base else None,
            "certificate": certificate["technology_certificate"] if is_valid else None,
        }
        if base is None:
            has_code = any(version.row["industry_code"] is not None for version in known.versions)
            reason = "CODE_NOT_RESOLVED" if has_code else "CODE_MISSING"
            return Candidate(segment, reason, evidence, rule_id="INDUSTRY_UNKNOWN")
        section = base["section_code"] or self.sections.get((*listing, code))
        rule = next(
            row
            for row in self.facts.rules("rule_industry_segment", month)
            if row["sector_base"] == base["sector_base"] and row["section_code"] in (None, section)
        )
        by_code = rule["takes_hi_tech_code"] == "true" and any(
            code.startswith(row["code_prefix"]) for row in self.base.hi_tech[listing] if row["is_part"] == "false"
        )
        if by_code:
            reason = "TECHNOLOGY_BY_CODE"
        elif is_valid and rule["takes_certificate"] == "true":
            reason = "TECHNOLOGY_BY_CERTIFICATE"
        else:
            reason = "SECTOR_OF_CODE"
        return Candidate(segment, reason, evidence, rule_id=rule["rule_id"])

    @cached_property
    def sections(self) -> dict[tuple[str, str, str], str]:
        rows = self.base.seed("reference", "ref_industry_code")
        return {(row["code_system"], row["edition"], row["code"]): row["section_code"] for row in rows}

    def own_size_reason(self, client: int, month: date) -> tuple[str, str]:
        """Rule and reason of the size that a client has by its own figures."""
        listing, code = self.base.code_of(self.grid[client, month])
        scope = longest_prefix(self.base.size_scopes[listing], code) if code else None
        row = scope["size_row"] if scope else None
        rule = f"SIZE_ROW_{(row or NO_SIZE_ROW).zfill(2)}"
        if row == "0":
            return rule, "INDUSTRY_OUTSIDE_STANDARD"
        if row is None:
            return rule, "INDUSTRY_UNKNOWN" if code is None else "INDUSTRY_ROW_UNDECIDED"
        size = self.base.own_size(client, month)
        bounds = self.facts.rules("ref_size_threshold", month, "reference")
        counted = {bound["indicator"] for bound in bounds if bound["size_row"] == row}
        values = {"EMPLOYEES": size.employees, "REVENUE_WAN": size.revenue_wan, "ASSETS_WAN": size.assets_wan}
        for indicator, value in values.items():
            if indicator in counted and value is None:
                return rule, f"{indicator.removesuffix('_WAN')}_MISSING"
        return rule, "LOWEST_INDICATOR"

    def size_candidate(self, client: int, month: date) -> Candidate:
        size = self.base.size[client, month]
        owner: int | None = client
        if size.basis == "SPONSOR":
            owner = self.base.sponsor(client, month)
        evidence = {
            "employees": size.employees,
            "revenue_wan": size.revenue_wan,
            "assets_wan": size.assets_wan,
        }
        at_owner = None if owner is None else self.grid.get((owner, month))
        if size.basis == "SPONSOR" and (at_owner is None or at_owner.value("org_type") == "SPV"):
            reason = "SPONSOR_UNKNOWN" if owner is None else "SPONSOR_NOT_A_CLIENT_THEN"
            evidence["statement_period_end"] = None
            return Candidate(size.segment, reason, evidence, rule_id=f"SIZE_ROW_{NO_SIZE_ROW}")
        statement = self.base.statement(owner, month)
        evidence["statement_period_end"] = statement["period_end"] if statement else None
        rule, reason = self.own_size_reason(owner, month)
        return Candidate(size.segment, reason, evidence, rule_id=rule)

    @cached_property
    def lifecycle(self) -> Lifecycle:
        """Looks at the final segments of credit, size and industry: overrides there reach it."""
        credit, size, industry = (self.final(axis) for axis in ("CREDIT", "SIZE", "INDUSTRY"))
        ranks = {month: axis_rules(self.facts, "CREDIT", month).segments for month in self.base.months}
        others = {
            (client, month): OtherAxes(tier, ranks[month][tier].risk_rank, size[client, month])
            for (client, month), tier in credit.items()
        }
        return Lifecycle(self.facts, self.credit, self.behaviour, industry, others)

    def candidates(self, axis: str) -> dict[ClientMonth, Candidate]:
        decide = {
            "INDUSTRY": self.industry_candidate,
            "SIZE": self.size_candidate,
            "CREDIT": self.credit.candidate,
            "BEHAVIOUR": self.behaviour.candidate,
            "PROJECT_TYPE": self.projects.candidate,
        }.get(axis) or self.lifecycle.candidate
        return {(client, month): decide(client, month) for client, month in sorted(self.grid)}

    # segments ---------------------------------------------------------------------------------------------------

    def axis(self, axis: str) -> dict[ClientMonth, Row]:
        """The rows of seg_<axis>; evidence is a dictionary of its own under "evidence"."""
        if axis not in self._axes:
            self._axes[axis] = finished(self.candidates(axis), axis, self.facts, self.is_knocked_out)
        return self._axes[axis]

    def final(self, axis: str) -> dict[ClientMonth, str]:
        return {key: row["final_segment"] for key, row in self.axis(axis).items()}

    @cached_property
    def client_segment_month(self) -> dict[ClientMonth, Row]:
        """The rows of fct_client_segment_month."""
        finals = {axis: self.final(axis) for axis in AXES}
        return {key: {f"{axis.lower()}_segment": finals[axis][key] for axis in AXES} for key in sorted(self.grid)}

    @cached_property
    def client_segment_history(self) -> dict[tuple[int, str, date], Row]:
        """The rows of fct_client_segment_history by client, axis and valid_from."""
        return {
            (client, axis, start): {"segment_code": segment, "valid_to": until}
            for axis in AXES
            for (client, start), (segment, until) in oracle_fold.spans(self.final(axis)).items()
        }

    def migrations(self, axis: str) -> Counter[tuple[date, str, str]]:
        """(month, from, to) -> clients."""
        return oracle_fold.migrations(self.final(axis), self.base.months)

    def stability(self, axis: str) -> dict[date, dict[str, Any]]:
        """Per month: clients, stayers, stay_rate, upgrades, downgrades, flip_flops, psi."""
        ranks = {month: axis_rules(self.facts, axis, month).segments for month in self.base.months}
        return oracle_fold.stability(
            self.final(axis), self.base.months, lambda segment, month: ranks[month][segment].risk_rank
        )
