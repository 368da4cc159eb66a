"""Confirmation, dwell and overrides, one client after the other, and what is counted over the final segments.

Sections 1 and 2 of the specification of the segment axes; domain.md sections 1f (mobility, PSI) and 3e.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from oracle import OPEN_END, Row, next_month_end
from oracle_common import Candidate, ClientMonth, Facts

STILL_HELD = date(9999, 12, 31)
ENTRY, EXIT = "ENTRY", "EXIT"
# domain.md section 1f: a change that is taken back within 90 days is a flip-flop
FLIP_FLOP_DAYS = 90
# domain.md section 1f: what an empty bin counts as
EMPTY_BIN = 1e-4


@dataclass(frozen=True)
class SegmentRule:
    rule_id: str
    rule_order: int
    risk_rank: int
    enters_at_once: bool = False
    leaves_at_once: bool = False
    clear_months: int | None = None
    is_askable: bool = True


@dataclass(frozen=True)
class AxisRules:
    """How steady an axis is kept in one month."""

    segments: Mapping[str, SegmentRule]
    confirmation_months: int = 2
    dwell_months: int = 3
    override_max_days: int = 180
    override_max_tiers_up: int | None = None
    knock_out_blocks_override: bool = False


@dataclass(frozen=True)
class Held:
    """What a client holds at a month end, and how long it has wanted to leave it."""

    candidate: str
    model: str
    reason: str
    pending: str
    pending_months: int
    dwell_months: int
    clear_months: int


def axis_rules(facts: Facts, axis: str, month: date) -> AxisRules:
    """Rules of an axis from the seeds rule_axis and rule_segment, as valid at a month end."""

    def number(text: str | None) -> int | None:
        return None if text is None else int(text)

    segments = {
        row["segment_code"]: SegmentRule(
            rule_id=row["rule_id"],
            rule_order=int(row["rule_order"]),
            risk_rank=int(row["risk_rank"]),
            enters_at_once=row["enters_at_once"] == "true",
            leaves_at_once=row["leaves_at_once"] == "true",
            clear_months=number(row["clear_months"]),
            is_askable=row["is_askable"] == "true",
        )
        for row in facts.rules("rule_segment", month)
        if row["axis"] == axis
    }
    [row] = [row for row in facts.rules("rule_axis", month) if row["axis"] == axis]
    return AxisRules(
        segments,
        int(row["confirmation_months"]),
        int(row["dwell_months"]),
        int(row["override_max_days"]),
        number(row["override_max_tiers_up"]),
        row["knock_out_blocks_override"] == "true",
    )


def step(before: Held | None, entry: str, stay: Iterable[str], rules: AxisRules) -> Held:
    """One month of one client (section 1 of the specification)."""
    if before is None:
        return Held(entry, entry, "INITIAL", entry, 1, 1, 0)
    segments, held = rules.segments, before.model
    keeps = held in stay and segments[held].rule_order < segments[entry].rule_order
    candidate = held if keeps else entry
    pending_months = before.pending_months + 1 if candidate == before.pending else 1
    clear_months = 0 if entry == held else before.clear_months + 1
    needed = segments[held].clear_months
    if candidate == held:
        reason, switches = "UNCHANGED", False
    elif segments[candidate].risk_rank > segments[held].risk_rank and segments[candidate].enters_at_once:
        reason, switches = "RISK_DETERIORATION_AT_ONCE", True
    elif segments[held].leaves_at_once:
        reason, switches = "DATA_BECAME_SUFFICIENT", True
    elif pending_months < rules.confirmation_months:
        reason, switches = "HELD_PENDING_CONFIRMATION", False
    elif before.dwell_months < rules.dwell_months:
        reason, switches = "HELD_MINIMUM_DWELL", False
    elif needed is not None and clear_months < needed:
        reason, switches = "HELD_CLEAR_MONTHS", False
    else:
        reason, switches = "CONFIRMED", True
    if switches:
        return Held(candidate, candidate, reason, candidate, pending_months, 1, 0)
    return Held(candidate, held, reason, candidate, pending_months, before.dwell_months + 1, clear_months)


def fold(months: Iterable[tuple[date, str, Iterable[str]]], rules_at: Callable[[date], AxisRules]) -> dict[date, Held]:
    """All months of one client in their order; one that left the grid and came back goes on from its last month."""
    result: dict[date, Held] = {}
    held: Held | None = None
    for month, entry, stay in months:
        held = step(held, entry, stay, rules_at(month))
        result[month] = held
    return result


# overrides ----------------------------------------------------------------------------------------------------------


def same_person(first: str | None, second: str | None) -> bool:
    """Case and spaces aside; somebody who is not named is nobody else."""
    names = ["".join((name or "").split()).casefold() for name in (first, second)]
    return names[0] == names[1] or not all(names)


def is_valid_request(row: Row, rules: AxisRules, listed: set[tuple[str, str]]) -> bool:
    """What can be said of a request without looking at the month's segment (section 2)."""
    code = row["segment_code"]
    return (
        row["expires_on"] >= row["valid_from"]
        and (row["expires_on"] - row["valid_from"]).days <= rules.override_max_days
        and not same_person(row["requested_by"], row["approved_by"])
        and bool((row["reason"] or "").strip())
        and (row["axis"], code) in listed
        and code in rules.segments
        and rules.segments[code].is_askable
    )


def counts(wanted: str, model: str, rules: AxisRules, is_knocked_out: bool) -> bool:
    """Whether a valid request may replace the model's segment."""
    improvement = rules.segments[model].risk_rank - rules.segments[wanted].risk_rank
    if rules.override_max_tiers_up is not None and improvement > rules.override_max_tiers_up:
        return False
    return not (rules.knock_out_blocks_override and is_knocked_out and improvement > 0)


def override_for(
    requests: Iterable[Row],
    axis: str,
    month: date,
    model: str,
    rules: AxisRules,
    listed: set[tuple[str, str]],
    is_knocked_out: bool,
) -> Row | None:
    """The request that decides: of those that count the latest, then the one with the greatest number."""
    fitting = [
        row
        for row in requests
        if row["axis"] == axis
        and row["valid_from"] <= month <= row["expires_on"]
        and is_valid_request(row, rules, listed)
        and counts(row["segment_code"], model, rules, is_knocked_out)
    ]
    return max(fitting, key=lambda row: (row["valid_from"], row["override_no"]), default=None)


def finished(
    candidates: Mapping[ClientMonth, Candidate],
    axis: str,
    facts: Facts,
    is_knocked_out: Callable[[int, date], bool],
) -> dict[ClientMonth, Row]:
    """The rows of seg_<axis>: candidate, model and final segment with what led to them."""
    listed = {(row["axis"], row["segment_code"]) for row in facts.base.seed("reference", "ref_segment")}
    requests = facts.by_client("stg_segment_overrides")
    cache: dict[date, AxisRules] = {}

    def rules_at(month: date) -> AxisRules:
        if month not in cache:
            cache[month] = axis_rules(facts, axis, month)
        return cache[month]

    by_client: dict[int, list[date]] = defaultdict(list)
    for client, month in sorted(candidates):
        by_client[client].append(month)
    result: dict[ClientMonth, Row] = {}
    for client, months in by_client.items():
        entries = [(month, candidates[client, month].entry_segment, candidates[client, month].stay) for month in months]
        for month, held in fold(entries, rules_at).items():
            candidate, rules = candidates[client, month], rules_at(month)
            stays = held.candidate != candidate.entry_segment
            override = override_for(
                requests.get(client, ()), axis, month, held.model, rules, listed, is_knocked_out(client, month)
            )
            result[client, month] = {
                "candidate_segment": held.candidate,
                "model_segment": held.model,
                "final_segment": override["segment_code"] if override else held.model,
                "stability_reason": held.reason,
                "pending_segment": held.pending,
                "pending_months": held.pending_months,
                "dwell_months": held.dwell_months,
                "clear_months": held.clear_months,
                "override_no": override["override_no"] if override else None,
                "rule_id": (None if stays else candidate.rule_id) or rules.segments[held.candidate].rule_id,
                "reason_code": "STAYS_BY_LEAVE_THRESHOLD" if stays else candidate.reason_code,
                "evidence": candidate.evidence,
            }
    return result


# counted over final segments ----------------------------------------------------------------------------------------


def spans(final: Mapping[ClientMonth, str]) -> dict[tuple[int, date], tuple[str, date]]:
    """(client, first month end) -> (segment, first month end no longer in it); an absence ends a span."""
    result: dict[tuple[int, date], tuple[str, date]] = {}
    last_month = max((month for _, month in final), default=OPEN_END)
    open_start: dict[int, date] = {}
    for client, month in sorted(final):
        segment = final[client, month]
        start = open_start.get(client)
        if start is None or result[client, start][0] != segment or result[client, start][1] != month:
            start = open_start[client] = month
        result[client, start] = (segment, next_month_end(month))
    return {key: (segment, STILL_HELD if until > last_month else until) for key, (segment, until) in result.items()}


def migrations(final: Mapping[ClientMonth, str], months: list[date]) -> Counter[tuple[date, str, str]]:
    """(month, from, to) -> clients, from the month before; who came is from ENTRY, who went is to EXIT.

    The first month of the history has no month before it and no migrations.
    """
    result: Counter[tuple[date, str, str]] = Counter()
    clients = {client for client, _ in final}
    for before, month in pairwise(months):
        for client in clients:
            source, target = final.get((client, before)), final.get((client, month))
            if source or target:
                result[month, source or ENTRY, target or EXIT] += 1
    return result


def population_stability(before: Mapping[str, int], after: Mapping[str, int]) -> float | None:
    """PSI of two counts over the same bins; a bin that one side lacks counts as EMPTY_BIN there."""
    totals = sum(before.values()), sum(after.values())
    if not all(totals):
        return None
    index = 0.0
    for code in before.keys() | after.keys():
        if before.get(code) or after.get(code):
            expected = before.get(code, 0) / totals[0] or EMPTY_BIN
            actual = after.get(code, 0) / totals[1] or EMPTY_BIN
            index += (actual - expected) * math.log(actual / expected)
    return index


def stability(
    final: Mapping[ClientMonth, str], months: list[date], risk_rank: Callable[[str, date], int]
) -> dict[date, dict[str, Any]]:
    """Per month against the month before: clients of both, stayers, up, down, flip-flops, PSI of the shares.

    A client goes up when its new segment has less risk (risk_rank of the month). A flip-flop is counted in the month
    in which the client is back: it held A, then one span of B, then A again at most 90 days after B began.
    """
    clients = sorted({client for client, _ in final})
    result: dict[date, dict[str, Any]] = {}
    spans_of: dict[int, list[tuple[str, date, date]]] = defaultdict(list)
    for (client, start), (segment, until) in sorted(spans(final).items()):
        spans_of[client].append((segment, start, until))
    flips: Counter[date] = Counter()
    for held in spans_of.values():
        for (first, _, left), (_, began, ended), (third, back, _) in zip(held, held[1:], held[2:], strict=False):
            # an absence between two of the three is no flip-flop
            if first == third and left == began and ended == back and (back - began).days <= FLIP_FLOP_DAYS:
                flips[back] += 1
    for before, month in pairwise(months):
        pairs = [
            (final[client, before], final[client, month])
            for client in clients
            if (client, before) in final and (client, month) in final
        ]
        moved = [(risk_rank(source, month), risk_rank(target, month)) for source, target in pairs if source != target]
        result[month] = {
            "clients": len(pairs),
            "stayers": len(pairs) - len(moved),
            "stay_rate": (len(pairs) - len(moved)) / len(pairs) if pairs else None,
            "upgrades": sum(target < source for source, target in moved),
            "downgrades": sum(target > source for source, target in moved),
            "flip_flops": flips[month],
            "psi": population_stability(
                Counter(segment for (_, day), segment in final.items() if day == before),
                Counter(segment for (_, day), segment in final.items() if day == month),
            ),
        }
    return result
