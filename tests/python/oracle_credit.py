"""Credit status and credit tier a second time: open events, contagion, ratings that count (specification section 4).

Scales and calibrations come from the seeds, numbers that stand in the specification from here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from oracle import Row
from oracle_common import Candidate, ClientMonth, Facts, add_months, loans_of, share

# section 4, status: more than a tenth of the exposure non-performing infects the rest (domain.md section 1e)
CONTAGION_SHARE = Decimal("0.10")
# section 4, ratings: a rating counts for twelve months (domain.md section 1d)
RATING_MAX_AGE_MONTHS = 12
WITHDRAWN_SYMBOLS = ("NR", "WR")
REASON_OF_SCALE = {
    "INTERNAL": "RATING_INTERNAL",
    "CN_DOMESTIC": "RATING_EXTERNAL",
    "GLOBAL": "RATING_EXTERNAL",
    "BUREAU": "SCORE_BUREAU",
}
# order of the reasons for being unrated when several hold for the same day
UNRATED_REASONS = ["RATING_STALE", "RATING_WITHDRAWN", "SYMBOL_IMPOSSIBLE", "SCORE_NOT_CALIBRATED"]
TEN = Decimal("1e-10")


@dataclass(frozen=True)
class Status:
    """How a client stands at a month end."""

    exposure: Decimal | None
    non_performing: Decimal
    non_performing_share: Decimal | None
    is_non_performing: bool
    event_type: str | None
    event_on: date | None

    @property
    def is_knocked_out(self) -> bool:
        return self.event_type is not None or self.is_non_performing

    @property
    def knock_out_reason(self) -> str | None:
        return self.event_type or ("NON_PERFORMING" if self.is_non_performing else None)


@dataclass(frozen=True)
class Rating:
    """A rating that counts, with its place on the master scale."""

    row: Row
    grade: Row
    pd: Decimal
    source_rank: int


def probability_of_score(score: float, base_score: float, base_odds: float, pdo: float) -> Decimal:
    """PD by log-odds calibration: pdo points double the odds, base_score has base_odds."""
    factor = pdo / math.log(2)
    offset = base_score - factor * math.log(base_odds)
    odds = math.exp((score - offset) / factor)
    return Decimal(repr(1 / (1 + odds))).quantize(TEN, ROUND_HALF_UP)


def grade_of_probability(pd: Decimal, scale: list[Row]) -> Row:
    """Bands are open below and closed above; a probability of nothing stands in the best grade."""
    for row in scale:
        if Decimal(row["pd_lower"]) < pd <= Decimal(row["pd_upper"]):
            return row
    return min(scale, key=lambda row: int(row["grade_order"]))


class Credit:
    """Status and candidate of the CREDIT axis by client and month."""

    def __init__(self, facts: Facts, loan_months: Mapping[tuple[str, date], Row]) -> None:
        self.facts = facts
        self.loans = loans_of(facts)
        self.by_client_month: dict[ClientMonth, list[Row]] = defaultdict(list)
        for (_, month), row in loan_months.items():
            self.by_client_month[row["client_key"], month].append(row)
        self._status: dict[ClientMonth, Status] = {}

    # status -----------------------------------------------------------------------------------------------------

    def open_event(self, client: int, month: date) -> tuple[str, date] | None:
        """The restricting event known by the month end that nothing cured, the gravest first."""
        kinds = {row["event_type"]: row for row in self.facts.rules("rule_credit_event", month)}
        known = [
            row
            for row in self.facts.by_client("stg_credit_events").get(client, ())
            if (row["known_on"] or row["occurred_on"]) <= month
        ]
        happened = [(row["event_type"], row["occurred_on"], row["event_no"]) for row in known]
        for loan in self.loans.get(client, ()):
            if loan["written_off_on"] is not None and loan["written_off_on"] <= month:
                happened.append(("WRITTEN_OFF", loan["written_off_on"], loan["loan_no"]))
        cures = [day for kind, day, _ in happened if kind in kinds and kinds[kind]["effect"] == "CURES"]
        still_open = [
            (int(kinds[kind]["event_rank"]), -day.toordinal(), number, kind, day)
            for kind, day, number in happened
            if kind in kinds
            and kinds[kind]["effect"] == "RESTRICTS"
            and not (kinds[kind]["is_curable"] == "true" and any(day <= cured for cured in cures))
        ]
        return min(still_open)[3:] if still_open else None

    def status(self, client: int, month: date) -> Status:
        if (client, month) not in self._status:
            rows = self.by_client_month.get((client, month), [])
            exposure = sum((row["outstanding_amount"] for row in rows), Decimal(0)) if rows else None
            bad = sum((row["outstanding_amount"] for row in rows if row["is_non_performing"]), Decimal(0))
            part = share(bad, exposure)
            event = self.open_event(client, month)
            self._status[client, month] = Status(
                exposure,
                bad,
                part,
                part is not None and part > CONTAGION_SHARE,
                event[0] if event else None,
                event[1] if event else None,
            )
        return self._status[client, month]

    # ratings ----------------------------------------------------------------------------------------------------

    @cached_property
    def delivered(self) -> dict[int, list[Row]]:
        """Rating actions and bureau scores by client, in one form."""
        result: dict[int, list[Row]] = defaultdict(list)
        for client, rows in self.facts.by_client("stg_credit_ratings").items():
            result[client] += [row | {"comes_from": 1} for row in rows]
        for client, rows in self.facts.by_client("stg_bureau_reports").items():
            for row in rows:
                if row["score"] is not None:
                    result[client].append(
                        {
                            "source_system": row["source_system"],
                            "client_no": row["client_no"],
                            "agency": row["bureau"],
                            "rating_scale": "BUREAU",
                            "rated_on": row["reported_on"],
                            "symbol": None,
                            "score": row["score"],
                            "valid_to": None,
                            "action": None,
                            "comes_from": 2,
                        }
                    )
        return result

    @cached_property
    def symbols(self) -> dict[tuple[str, str], bool]:
        """Every symbol that a scale has, and whether it is a short-term one."""
        return {
            (row["rating_scale"], row["symbol"]): row["is_short_term"] == "true"
            for row in self.facts.base.seed("reference", "ref_rating_symbol")
        }

    @staticmethod
    def is_withdrawal(row: Row) -> bool:
        return row["action"] == "WITHDRAWN" or row["symbol"] in WITHDRAWN_SYMBOLS

    def goes_by_score(self, row: Row) -> bool:
        known = (row["rating_scale"], row["symbol"]) in self.symbols
        return row["score"] is not None and (row["rating_scale"] == "BUREAU" or not known)

    def no_action_because(self, row: Row, month: date) -> str | None:
        """Why a delivered row is no rating action at all; None when it is one."""
        key = (row["rating_scale"], row["symbol"])
        if self.symbols.get(key):
            return "SHORT_TERM"
        if row["score"] is None and key not in self.symbols:
            return "SYMBOL_IMPOSSIBLE"
        if self.goes_by_score(row) and not self.is_withdrawal(row) and not self.calibration(row["agency"], month):
            return "SCORE_NOT_CALIBRATED"
        return None

    def calibration(self, agency: str, month: date) -> Row | None:
        rows = self.facts.rules("rule_score_calibration", month)
        return next((row for row in rows if row["agency"] == agency), None)

    def no_count_because(self, row: Row, month: date) -> str | None:
        """Why the latest action of an agency does not count; None when it does."""
        if self.is_withdrawal(row):
            return "RATING_WITHDRAWN"
        is_old = month > add_months(row["rated_on"], RATING_MAX_AGE_MONTHS)
        has_ended = row["valid_to"] is not None and month > row["valid_to"]
        return "RATING_STALE" if is_old or has_ended else None

    def placed(self, row: Row, month: date) -> Rating:
        """A counting action on the master scale."""
        scale = self.facts.rules("rule_master_scale", month)
        rank = next(
            int(source["source_rank"])
            for source in self.facts.rules("rule_rating_source", month)
            if source["rating_scale"] == row["rating_scale"]
        )
        if self.goes_by_score(row):
            known = self.calibration(row["agency"], month)
            numbers = (float(known[column]) for column in ("base_score", "base_odds", "pdo"))
            pd = probability_of_score(float(row["score"]), *numbers)
            return Rating(row, grade_of_probability(pd, scale), pd, rank)
        letter = next(
            mapped["grade"]
            for mapped in self.facts.rules("rule_rating_grade", month)
            if mapped["rating_scale"] == row["rating_scale"] and mapped["symbol"] == row["symbol"]
        )
        grade = next(step for step in scale if step["grade"] == letter)
        return Rating(row, grade, Decimal(grade["pd_mid"]), rank)

    def ratings(self, client: int, month: date) -> tuple[list[Rating], str, Row]:
        """The ratings that count at a month end, why there is none if there is none, and the action that says so."""
        known = [row for row in self.delivered.get(client, ()) if row["rated_on"] <= month]
        latest: dict[tuple[str, str], Row] = {}
        no_actions: list[tuple[str, Row]] = []
        for row in sorted(known, key=lambda row: (-row["rated_on"].toordinal(), *self.trust(row))):
            because = self.no_action_because(row, month)
            if because is None:
                latest.setdefault((row["rating_scale"], row["agency"]), row)
            elif because in UNRATED_REASONS:
                no_actions.append((because, row))
        counting, lapsed = [], []
        for row in latest.values():
            because = self.no_count_because(row, month)
            if because is None:
                counting.append(self.placed(row, month))
            else:
                lapsed.append((because, row))
        # an unknown symbol or an uncalibrated score speaks only where there is no action at all
        reasons = lapsed or no_actions
        reason, row = min(
            reasons,
            key=lambda item: (
                -item[1]["rated_on"].toordinal(),
                UNRATED_REASONS.index(item[0]),
                item[1]["rating_scale"],
                item[1]["agency"],
                *self.trust(item[1]),
            ),
            default=("NO_RATING", {}),
        )
        return counting, reason, row

    def trust(self, row: Row) -> tuple[int, str, str, int]:
        return (*self.facts.by_trust(row), row["comes_from"])

    def chosen(self, counting: list[Rating]) -> Rating | None:
        """The best source; of its ratings the worst grade, then the latest, then scale and agency."""
        return min(
            counting,
            key=lambda rating: (
                rating.source_rank,
                -int(rating.grade["grade_order"]),
                -rating.row["rated_on"].toordinal(),
                rating.row["rating_scale"],
                rating.row["agency"],
            ),
            default=None,
        )

    # candidate --------------------------------------------------------------------------------------------------

    def candidate(self, client: int, month: date) -> Candidate:
        status = self.status(client, month)
        counting, unrated_because, behind = self.ratings(client, month)
        rating = self.chosen(counting)
        # without a counting rating the action that explains it is shown
        row = rating.row if rating else behind
        evidence = {
            "grade": rating.grade["grade"] if rating else None,
            "pd": rating.pd if rating else None,
            "rating_scale": row.get("rating_scale"),
            "agency": row.get("agency"),
            "symbol": row.get("symbol"),
            "score": row.get("score"),
            "rated_on": row.get("rated_on"),
            "ratings_considered": len(counting),
            "knock_out_reason": status.knock_out_reason,
            "knock_out_on": status.event_on,
            "non_performing_share": status.non_performing_share,
        }
        if status.is_knocked_out:
            reason = f"KNOCK_OUT_{status.knock_out_reason}"
            return Candidate("RESTRICTED", reason, evidence, rule_id="CREDIT_KNOCK_OUT")
        if rating is None:
            return Candidate("UNRATED", unrated_because, evidence)
        return Candidate(rating.grade["segment_code"], REASON_OF_SCALE[row["rating_scale"]], evidence)
