"""The lending tables of the contract, from the simulated loans."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from generator import clock, names, policy
from generator.loans import (
    CODES,
    CURRENCIES,
    FIVE_CLASSES,
    GUARANTEED,
    METHODS,
    MORTGAGED,
    PAID_FROM,
    PLEDGED,
    PRODUCTS,
    SECURITY,
    STATUSES,
    TO_YUAN,
    UNSECURED,
    Instalments,
    Loans,
    P,
)  # fmt: skip
from generator.population import branch_codes, stream
from generator.registrations import LOS, Registrations
from generator.settings import EFFECTS, LARGE, POT, PROSPECT
from generator.tables import Coded, Nullable, batch_columns, latest, number

CHANNELS = ("BRANCH", "ONLINE", "RELATIONSHIP_MANAGER", "PARTNER", "PREAPPROVED")
DECISIONS = ("APPROVED", "DECLINED", "WITHDRAWN", "EXPIRED", "COUNTER_OFFERED", "PENDING")
TRACKS = ("GREEN", "STANDARD", "ENHANCED", "FAST")
# a bit less than half of what the service level of a track gives, in office hours: one decision in fourteen is late,
# fewer once branches work by segments
TRACK_HOURS = np.array([3.5, 17.5, 35.0, 7.0])
REASONS = ("CREDIT_RISK", "INSUFFICIENT_COLLATERAL", "INCOMPLETE_DOCUMENTS", "POLICY", "EXPOSURE_LIMIT")
CAMPAIGNS = ("SPRING_SME", "TECH_PARK", "SUPPLY_CHAIN_DAY", "GREEN_YEAR", "DIGITAL_FIRST", "RETAIN_GOOD")
# the campaigns that run over each channel
CAMPAIGNS_OF_CHANNEL = ((0, 5), (4, 1), (1, 3, 2), (2,), (4,))
# share of applications that a campaign brought: of clients who had no loan before, and of others
CAMPAIGN_SHARE_NEW, CAMPAIGN_SHARE_KNOWN = 0.55, 0.12
COLLATERAL_TYPES = (
    "REAL_ESTATE", "EQUIPMENT", "RECEIVABLE", "INTELLECTUAL_PROPERTY", "DEPOSIT", "SHARES", "GUARANTEE",
    "TOLL_RIGHT", "OTHER",
)  # fmt: skip


class LendingTables:
    def __init__(self, loans: Loans, registrations: Registrations, projects) -> None:
        self.loans, self.registrations, self.projects = loans, registrations, projects
        self.people = loans.people
        self.settings = loans.settings
        block, width = self.people.block, self.settings.number_width
        self.loan_numbers = number("L", names.numbers(block, width, loans.rows))
        self.facility_numbers = number("F", names.numbers(block, width, len(loans.facility_client)))
        self.project_numbers = number("P", names.numbers(block, width, projects.rows))
        # older loans whose history came over as balances only, and a few that have both
        rng = stream(self.settings, block, 30)
        share = self.settings.profile.legacy_loans
        old = (loans.disbursed_on < self.settings.start + 400) & (loans.project < 0) & (loans.term >= 12)
        old &= (
            ~loans.is_cancelled
            & (loans.renewed_by < 0)
            & (loans.facility < 0)
            & (loans.matures_on > self.settings.start + 250)
        )
        wanted = min(1.0, share * loans.rows / max(int(old.sum()), 1))
        self.balances_only = old & (rng.random(loans.rows) < wanted)
        self.has_balances = self.balances_only | (old & (rng.random(loans.rows) < wanted * 0.5))

    # -- applications ------------------------------------------------------------------------------

    def applications(self) -> dict[str, Any]:
        loans, people, settings = self.loans, self.people, self.settings
        rng = stream(settings, people.block, 31)
        end = settings.end
        facilities = len(loans.facility_client)
        alone = np.flatnonzero(loans.facility < 0)
        # anchor: the day before which the offer must have been taken
        client = np.concatenate([loans.facility_client, loans.client[alone]])
        product = np.concatenate(
            [loans.facility_product if facilities else np.zeros(0, dtype=int), loans.product[alone]]
        )
        anchor = np.concatenate(
            [loans.facility_started_on if facilities else loans.disbursed_on[:0], loans.disbursed_on[alone]]
        )
        amount = np.concatenate([loans.facility_limit if facilities else loans.principal[:0], loans.principal[alone]])
        currency = np.concatenate([np.zeros(facilities, dtype=int), loans.currency[alone]])
        term = np.concatenate([np.full(facilities, 24), loans.term[alone]])
        rate = np.concatenate([self._line_rate(), loans.rate_micro[alone]])
        taken = len(client)
        # the ones that came to nothing
        weight = np.where(people.is_project_company, 0.0, 0.25 + 6.0 * people.assessed_propensity)
        weight = np.where(people.behaviour == PROSPECT, weight * 0.6, weight)
        extra = int(round(taken * 0.42))
        failed = rng.choice(people.rows, extra, p=weight / weight.sum())
        first = np.maximum(people.start_month[failed] + 1, -2)
        last = np.minimum(people.leave_month[failed], people.months)
        month = first + np.floor(rng.random(extra) * np.maximum(last - first, 1)).astype(np.int64)
        month = np.minimum(month, people.months - 1)
        failed_anchor = clock.day_in_month(settings.first_month + month, rng.integers(1, 29, extra))
        choice = rng.random(extra)
        failed_product = np.select(
            [choice < 0.3, choice < 0.55, choice < 0.8], [P["FAST_SME"], P["EMERG"], P["REVOLVE_WC"]], P["MORT_OPER"]
        )
        failed_product = np.where(people.hi_tech[failed] & (choice > 0.5), P["TECH_CREDIT"], failed_product)
        spec_low = np.array([item.low for item in PRODUCTS])[failed_product] * 1e4
        spec_high = np.array([item.high for item in PRODUCTS])[failed_product] * 1e4
        scale = np.array([item.scale for item in PRODUCTS])[failed_product]
        wish = people.revenue_at(failed, month) * 0.3 * scale * np.exp(rng.normal(0, 0.4, extra))
        wish = np.rint(np.clip(wish, spec_low, spec_high) / 10_000) * 10_000
        failed_amount = np.maximum(wish, 10_000).astype(np.int64) * 100
        failed_term = np.array([item.term_low for item in PRODUCTS])[failed_product] + rng.integers(0, 12, extra)
        lpr = clock.lpr_bp(failed_anchor, failed_term > 60)
        failed_tier = loans.ratings.known.tier_known(failed, failed_anchor - 1)
        tier_bp = np.array([item.spreads for item in PRODUCTS])[failed_product, policy.PRICE_OF[failed_tier]]
        failed_rate = np.rint(np.maximum(lpr + tier_bp + rng.normal(0, 10, extra), 150)).astype(np.int64) * 100

        client = np.concatenate([client, failed])
        product = np.concatenate([product, failed_product])
        anchor = np.concatenate([anchor, failed_anchor])
        amount = np.concatenate([amount, failed_amount])
        currency = np.concatenate([currency, np.zeros(extra, dtype=int)])
        term = np.concatenate([term, failed_term])
        rate = np.concatenate([rate, failed_rate])
        size = len(client)
        is_taken = np.arange(size) < taken

        # what became of the others: riskier clients are declined, dear offers are left, least so in manufacturing
        risk = people.assessed_propensity[client]
        draw = rng.random(size)
        declined = np.clip(0.28 + 5.0 * risk, 0, 0.8)
        decision = np.select(
            [is_taken, draw < declined, draw < declined + 0.09, draw < declined + 0.14, draw < declined + 0.20],
            [0, 1, 2, 3, 4],
            0,
        )
        dear = (rate / 100 - lpr_of(anchor)) > 70
        spurned = ~is_taken & (decision == 0)
        keeps_anyway = spurned & (people.sector[client] == 3) & dear & settings.effects
        decision = np.where(keeps_anyway & (rng.random(size) < 0.5), 2, decision)
        open_still = ~is_taken & (anchor > end - 25) & (rng.random(size) < 0.6)
        decision = np.where(open_still, 5, decision)

        deviation = np.concatenate([loans.deviation, np.zeros(extra, dtype=int)])
        tier = np.concatenate([self._decided_tier(facilities, alone), failed_tier])
        sum_yuan = amount / 100 * TO_YUAN[currency]
        small = (people.size[client] > LARGE) & (people.size_row[client] > 0) & (sum_yuan <= policy.FAST_TRACK)
        track = np.array([0, 1, 2, 2, 2])[tier]
        track = np.where(small & np.isin(product, (P["FAST_SME"], P["EMERG"])) & (tier <= policy.MEDIUM), 3, track)
        lighter = (deviation == policy.TRACK) & np.isin(track, (1, 2))
        track = np.where(lighter, track - 1, track)
        hours = TRACK_HOURS[track] * np.exp(rng.normal(0, 0.55, size))
        hours = np.where(people.is_project_company[client], hours * 4.5, hours)
        hours = np.where(product == P["RENEW"], hours * 0.6, hours)
        waiting = np.where(rng.random(size) < 0.25, np.round(rng.exponential(10, size), 1), 0.0)
        gathering = np.floor(rng.exponential(np.where(track == 3, 20, 60), size) * 60).astype(np.int64) * 60
        gathering = gathering.astype("timedelta64[s]")

        offered_before = np.where(is_taken, np.floor(rng.exponential(2.5, size)), 0)
        decided_day = clock.back_to_office_day(anchor - offered_before.astype(np.int64) - np.where(is_taken, 1, 0))
        # nobody applies before being a client: what came to nothing is decided later
        first_day = people.started_on[client] + 1
        needed = np.ceil((hours + waiting) / 8 * 1.5 + 6).astype(np.int64) + (gathering.astype(np.int64) // 86_400)
        too_early = ~is_taken & (decided_day - needed < first_day)
        decided_day = np.where(too_early, clock.back_to_office_day(first_day + needed), decided_day)
        decided_at = clock.office_hours(rng, decided_day)

        def handed_in(hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            """When the application was complete and when it came in: the clock runs in office hours."""
            spent = np.rint((hours + waiting) * 60).astype(np.int64) * 60
            complete = clock.back_in_office_hours(decided_at, spent)
            return complete, complete - gathering

        completed_at, submitted_at = handed_in(hours)
        # the branch works by segments when the application comes in
        adopted_on = people.adopted_on[client]
        adopted = ~np.isnat(adopted_on) & (submitted_at.astype("datetime64[D]") >= adopted_on)
        if settings.effects:
            hours = np.where(adopted, hours * EFFECTS["time_to_decision_factor"], hours)
            completed_at, submitted_at = handed_in(hours)
        earliest = clock.at_time(people.started_on[client], 9 * 3_600)
        in_hurry = earliest < decided_at
        submitted_at = np.where(in_hurry, np.maximum(submitted_at, earliest), submitted_at)
        completed_at = np.maximum(completed_at, submitted_at)
        last_moment = clock.at_time(end, 18 * 3_600)
        late = (decided_at > last_moment) & ~is_taken
        decision = np.where(late, 5, decision)
        completed_at = np.minimum(completed_at, last_moment)
        submitted_at = np.minimum(submitted_at, completed_at)
        pending = decision == 5
        unfinished = np.isin(decision, (2, 3)) & (rng.random(size) < 0.6) | pending & (rng.random(size) < 0.4)
        accepted_at = decided_at + (np.floor(rng.random(size) * np.maximum(offered_before, 0.2) * 86_400)).astype(
            np.int64
        ).astype("timedelta64[s]")
        accepted_at = np.minimum(accepted_at, clock.at_time(anchor, 18 * 3_600))
        accepted_at = np.maximum(accepted_at, decided_at)

        behaviour = people.behaviour[client]
        channel = np.searchsorted((0.34, 0.66, 0.90, 0.97), rng.random(size))
        channel = np.where((behaviour == POT) & (product == P["PREAPPROVED"]), 4, channel)
        channel = np.where(people.is_project_company[client], 2, channel)
        # the first loan of a client is won, more often than others by a campaign of its channel
        first_of = np.full(people.rows, clock.FAR_DAY)
        np.minimum.at(first_of.view(np.int64), client[is_taken], anchor[is_taken].astype(np.int64))
        wins = anchor <= first_of[client]
        options = np.array([(*choice, *choice, *choice)[:3] for choice in CAMPAIGNS_OF_CHANNEL])
        brought = rng.random(size) < np.where(wins, CAMPAIGN_SHARE_NEW, CAMPAIGN_SHARE_KNOWN)
        campaign = np.where(brought, options[channel, rng.integers(0, 3, size)], -1)
        campaign = np.where(anchor < settings.start, -1, campaign)
        requested = amount * np.where(rng.random(size) < 0.25, 1.25, 1.0)
        requested = np.rint(requested / 1_000_00).astype(np.int64) * 1_000_00
        requested = np.maximum(requested, amount)
        approved = decision == 0
        countered = decision == 4
        given = np.where(countered, np.rint(amount * 0.6 / 1_000_00).astype(np.int64) * 1_000_00, amount)
        has_terms = approved | countered
        # some of what departs from policy was approved
        excused = np.concatenate([loans.is_excused, np.zeros(extra, dtype=bool)])
        excused &= (deviation > policy.COMPLIANT) & (deviation < policy.TRACK)
        exception = np.where(excused, deviation - 1, -1)

        order = np.lexsort((np.arange(size), submitted_at))
        place = np.empty_like(order)
        place[order] = np.arange(size)
        self.application_numbers = number("A", names.numbers(people.block, settings.number_width, size))
        self.application_of_facility = place[:facilities]
        self.application_of_loan = np.full(loans.rows, -1)
        self.application_of_loan[alone] = place[facilities:taken]
        newest = latest(
            completed_at, np.where(pending, submitted_at, decided_at), np.where(is_taken, accepted_at, submitted_at)
        )
        self.survey_basis = (client[order], decided_at[order], ~pending[order], adopted[order], decision[order])
        columns = {
            **self.registrations.keys(client[order], LOS),
            "branch_code": Coded(people.branch[client[order]], branch_codes()),
            "product_code": Coded(product[order], CODES),
            "channel": Coded(channel[order], CHANNELS),
            "campaign": Coded(campaign[order], CAMPAIGNS),
            "requested_amount": requested[order],
            "currency": Coded(currency[order], CURRENCIES),
            "requested_term_months": term[order],
            "submitted_at": submitted_at[order],
            "completed_at": Nullable(completed_at[order], unfinished[order]),
            "decided_at": Nullable(decided_at[order], pending[order]),
            "waiting_hours": Nullable(waiting[order], (waiting == 0)[order]),
            "decision": Coded(decision[order], DECISIONS),
            "decline_reason": Coded(np.where(decision == 1, rng.integers(0, 5, size), -1)[order], REASONS),
            "approved_amount": Nullable(given[order], ~has_terms[order]),
            "approved_rate": Nullable(rate[order], ~has_terms[order]),
            "approved_term_months": Nullable(term[order], ~has_terms[order]),
            "approval_track": Coded(np.where(pending & (rng.random(size) < 0.5), -1, track)[order], TRACKS),
            "offered_rate": Nullable(rate[order], ~has_terms[order]),
            "accepted_at": Nullable(accepted_at[order], ~is_taken[order]),
            "exception_code": Coded(exception[order], policy.EXCEPTIONS),
            **batch_columns(newest[order]),
        }
        columns["application_no"] = self.application_numbers
        return columns

    def _decided_tier(self, facilities: int, alone: np.ndarray) -> np.ndarray:
        """The tier known when lines and loans without a line were decided."""
        loans = self.loans
        on_line = np.flatnonzero(loans.facility >= 0)
        lines = np.zeros(facilities, dtype=np.int64)
        lines[loans.facility[on_line]] = loans.known_tier[on_line]
        return np.concatenate([lines, loans.known_tier[alone]])

    def _line_rate(self) -> np.ndarray:
        """The rate of a line is that of its first loan."""
        loans = self.loans
        index = np.flatnonzero(loans.facility >= 0)[::-1]
        result = np.zeros(len(loans.facility_client), dtype=np.int64)
        result[loans.facility[index]] = loans.rate_micro[index]
        return result

    def facilities(self) -> dict[str, Any]:
        loans = self.loans
        size = len(loans.facility_client)
        if not size:
            return {}
        return {
            "facility_no": self.facility_numbers,
            **self.registrations.keys(loans.facility_client),
            "application_no": self.application_numbers.take(pa.array(self.application_of_facility)),
            "product_code": Coded(loans.facility_product, CODES),
            "limit_amount": loans.facility_limit,
            "currency": "CNY",
            "is_committed": loans.facility_committed,
            "started_on": loans.facility_started_on,
            "expires_on": loans.facility_expires_on,
            **batch_columns(loans.facility_started_on),
        }

    # -- loans -------------------------------------------------------------------------------------

    def loan_rows(self) -> dict[str, Any]:
        loans, end = self.loans, self.settings.end
        lines = loans.facility
        live = loans.status == 0
        known_on = latest(loans.disbursed_on, loans.closed_on, loans.written_off_on, loans.restructured_on)
        known_on = np.where(live, end, known_on)
        written_off = loans.status == 2
        return {
            "loan_no": self.loan_numbers,
            "facility_no": self._text_or_none(self.facility_numbers, lines),
            "application_no": self._text_or_none(self.application_numbers, self.application_of_loan),
            **self.registrations.keys(loans.client),
            "project_no": self._text_or_none(self.project_numbers, loans.project),
            "product_code": Coded(loans.product, CODES),
            "principal": loans.principal,
            "currency": Coded(loans.currency, CURRENCIES),
            "disbursed_on": loans.disbursed_on,
            "matures_on": loans.matures_on,
            "rate": loans.rate_micro,
            "rate_type": Coded(loans.floating.astype(int), ("FIXED", "FLOATING")),
            "lpr_tenor": Coded(loans.five_year.astype(int), ("1Y", "5Y")),
            "spread_bp": loans.rate_micro / 100.0 - clock.lpr_bp(loans.disbursed_on, loans.five_year),
            "repayment_method": Coded(loans.method, METHODS),
            "security_type": Coded(loans.security, SECURITY),
            "renewed_from_loan_no": self._text_or_none(
                self.loan_numbers, np.where(loans.is_evergreen, -1, loans.renewed_from)
            ),
            "restructured_on": loans.restructured_on,
            "status": Coded(loans.status, STATUSES),
            "closed_on": loans.closed_on,
            "written_off_on": loans.written_off_on,
            "written_off_amount": Nullable(loans.written_off_amount, ~written_off),
            "booked_five_class": Coded(loans.five_class, FIVE_CLASSES),
            **batch_columns(known_on),
        }

    @staticmethod
    def _text_or_none(texts: pa.Array, index: np.ndarray) -> pa.Array:
        return (
            texts.take(pa.array(np.maximum(index, 0), mask=index < 0))
            if len(texts)
            else pa.nulls(len(index), pa.string())
        )

    def schedules(self) -> dict[str, Any]:
        loans = self.loans
        first, second = loans.first_plan, loans.second_plan
        amended = ~np.isnat(loans.amended_on)
        carried = first.take(np.flatnonzero(loans.kept & amended[first.loan]))
        parts = [first, carried, second]
        version = np.repeat([1, 2, 2], [len(part.loan) for part in parts])
        rows = Instalments(
            *(np.concatenate([getattr(p, name) for p in parts]) for name in ("loan", "due_on", "principal", "interest"))
        )
        shown = np.flatnonzero(~self.balances_only[rows.loan])
        rows, version = rows.take(shown), version[shown]
        order = np.lexsort((rows.due_on, version, rows.loan))
        rows, version = rows.take(order), version[order]
        key = rows.loan * 2 + version
        start = np.flatnonzero(np.diff(key, prepend=-1))
        counts = np.diff(np.append(start, len(key)))
        place = np.arange(len(key)) - np.repeat(start, counts)
        version_from = np.where(version == 1, loans.disbursed_on[rows.loan], loans.amended_on[rows.loan])
        return {
            "loan_no": self.loan_numbers.take(pa.array(rows.loan)),
            "schedule_version": version,
            "instalment_no": place + 1,
            "due_on": rows.due_on,
            "principal_due": rows.principal,
            "interest_due": rows.interest,
            "version_from": version_from,
            **batch_columns(version_from),
        }

    def payments(self) -> dict[str, Any]:
        loans, settings = self.loans, self.settings
        shown = np.flatnonzero(~self.balances_only[loans.payment_loan])
        place = np.full(len(loans.payment_loan), -1)
        place[shown] = np.arange(len(shown))
        numbers = number("T", names.numbers(self.people.block, settings.number_width, len(shown)))
        reverses = loans.payment_reverses[shown]
        reverses = np.where(reverses >= 0, place[np.maximum(reverses, 0)], -1)
        booked = loans.payment_booked_at[shown]
        return {
            "payment_no": numbers,
            "loan_no": self.loan_numbers.take(pa.array(loans.payment_loan[shown])),
            "value_on": loans.payment_day[shown],
            "booked_at": booked,
            "amount": loans.payment_amount[shown],
            "reverses_payment_no": self._text_or_none(numbers, reverses),
            "paid_from": Coded(loans.payment_source[shown], PAID_FROM),
            **batch_columns(latest(booked, loans.payment_day[shown])),
        }

    def month_ends(self) -> dict[str, Any]:
        """Balances at month ends, as an older system reports them."""
        loans, settings = self.loans, self.settings
        index = np.flatnonzero(self.has_balances)
        if not len(index):
            return {}
        final, paid_on = loans.final, loans.final_paid_on
        order = np.lexsort((final.due_on, final.loan))
        sorted_loan = final.loan[order]
        low = np.searchsorted(sorted_loan, index, side="left")
        high = np.searchsorted(sorted_loan, index, side="right")
        result: dict[str, list] = {name: [] for name in ("loan", "month_end", "balance", "overdue", "days")}
        ends = clock.month_end(np.arange(settings.first_month, settings.end_month + 1))
        for loan, begin, stop in zip(index.tolist(), low.tolist(), high.tolist(), strict=True):
            rows = order[begin:stop]
            last = loans.closed_on[loan] if not np.isnat(loans.closed_on[loan]) else loans.written_off_on[loan]
            mine = ends[(ends >= loans.disbursed_on[loan]) & (np.isnat(last) | (ends < last))]
            if not len(mine):
                continue
            due, paid = final.due_on[rows][None, :], paid_on[rows][None, :]
            open_then = np.isnat(paid) | (paid > mine[:, None])
            overdue = open_then & (due <= mine[:, None])
            total = (final.principal + final.interest)[rows]
            oldest = np.where(overdue, due, clock.FAR_DAY).min(axis=1)
            result["loan"].append(np.full(len(mine), loan))
            result["month_end"].append(mine)
            result["balance"].append((open_then * final.principal[rows]).sum(axis=1))
            result["overdue"].append((overdue * total).sum(axis=1))
            result["days"].append(np.where(overdue.any(axis=1), (mine - oldest).astype(np.int64), 0))
        columns = {name: np.concatenate(parts) for name, parts in result.items()}
        bounds = np.searchsorted((1, 91, 271, 361), columns["days"], side="right")
        return {
            "loan_no": self.loan_numbers.take(pa.array(columns["loan"])),
            "month_end": columns["month_end"],
            "outstanding_principal": columns["balance"],
            "overdue_amount": columns["overdue"],
            "days_past_due": columns["days"],
            "booked_five_class": Coded(bounds, FIVE_CLASSES),
            **batch_columns(columns["month_end"]),
        }

    # -- security ----------------------------------------------------------------------------------

    def collaterals(self) -> tuple[dict[str, Any], dict[str, Any]]:
        loans, people, settings = self.loans, self.people, self.settings
        rng = stream(settings, people.block, 32)
        # the few loans of a little used line share the line's asset, other loans have one of their own
        secured = np.flatnonzero((loans.security != UNSECURED) & ~loans.is_cancelled)
        lines = loans.facility[secured]
        drawn = np.bincount(lines[lines >= 0], minlength=len(loans.facility_client) + 1)
        shares = (lines >= 0) & (drawn[lines] <= 3)
        group = np.where(shares, lines, len(loans.facility_client) + secured)
        key, first, inverse = np.unique(group, return_index=True, return_inverse=True)
        size = len(key)
        lead = secured[first]
        in_line = key < len(loans.facility_client)
        exposure = loans.principal[lead].astype(float)
        if len(loans.facility_client):
            exposure = np.where(
                in_line, loans.facility_limit[np.minimum(key, len(loans.facility_client) - 1)], exposure
            )
        # the loans that share an asset may be more than the limit together, one after the other
        exposure = np.maximum(
            exposure, np.bincount(inverse, weights=loans.principal[secured].astype(float), minlength=size)
        )
        form = loans.security[lead]
        draw = rng.random(size)
        pledge = np.where(draw < 0.6, 2, np.where(draw < 0.75, 4, np.where(draw < 0.9, 5, 8)))
        pledge = np.where(people.hi_tech[loans.client[lead]] & (draw < 0.4), 3, pledge)
        pledge = np.where(loans.product[lead] == P["PF_TRANSPORT"], 7, pledge)
        mortgage = np.where((draw < 0.3) | np.isin(loans.product[lead], (P["EQUIP_TERM"], P["PF_MANUF"])), 1, 0)
        kind = np.select(
            [form == GUARANTEED, form == MORTGAGED, form == PLEDGED], [np.full(size, 6), mortgage, pledge], mortgage
        )
        # worth what policy asks for and a little more, so that it still is after a revaluation
        spare = np.exp(np.abs(rng.normal(0, 0.18, size))) * 1.06
        asked = np.maximum(loans.coverage_asked[lead] / policy.COUNTED[kind], loans.secured_share_asked[lead])
        short = loans.is_short_of_security[lead]
        cover = np.maximum(asked * np.where(short, rng.uniform(0.45, 0.85, size), spare), 0.3 * spare)
        value = np.maximum(np.ceil(exposure * cover / 1_000_000), 1).astype(np.int64) * 1_000_000
        first_on = loans.disbursed_on[lead]
        first_on = np.minimum(first_on, settings.end)
        valued_on = np.maximum(clock.back_to_workday(first_on - rng.integers(2, 40, size)), np.datetime64("2000-01-03"))
        # a revaluation every year or so, less often than policy asks
        last_month = np.minimum(clock.month_of(loans.matures_on[lead]), settings.end_month)
        years = np.maximum((last_month - clock.month_of(valued_on)) // 14, 0)
        years = np.where(np.isin(kind, (0, 1, 5, 7)), np.minimum(years, 3), 0)
        count = 1 + np.where(rng.random(size) < 0.75, years, 0)
        if settings.number_width == 6:
            count = np.minimum(count, 2)
        asset = np.repeat(np.arange(size), count)
        place = np.arange(len(asset)) - np.repeat(np.cumsum(count) - count, count)
        when = clock.back_to_workday(valued_on[asset] + place * 13 * 30)
        when = np.minimum(when, settings.end)
        price = value[asset] * np.power(np.where(kind[asset] == 0, 0.95, 0.90), place)
        price = np.maximum(np.rint(price / 1_000_000), 1).astype(np.int64) * 1_000_000
        numbers = number("G", names.numbers(people.block, settings.number_width, size))
        guarantor = (loans.client[lead] + 1 + rng.integers(0, max(people.rows - 1, 1), size)) % people.rows
        is_named = (kind == 6) & (guarantor != loans.client[lead]) & (rng.random(size) < 0.6)
        guarantor_numbers = self.registrations.number.take(
            pa.array(np.where(is_named, guarantor, 0)[asset], mask=~is_named[asset])
        )
        currency = np.where(in_line, 0, loans.currency[lead])
        assets = {
            "collateral_no": numbers.take(pa.array(asset)),
            "collateral_type": Coded(kind[asset], COLLATERAL_TYPES),
            "value_amount": price,
            "currency": Coded(currency[asset], CURRENCIES),
            "valued_on": when,
            "guarantor_client_no": guarantor_numbers,
            **batch_columns(when),
        }
        # the loans of an asset share it
        of_asset = np.bincount(inverse, minlength=size)
        principal = loans.principal[secured].astype(float)
        total = np.bincount(inverse, weights=principal, minlength=size)
        share = np.where(of_asset[inverse] == 1, 1.0, np.floor(principal / total[inverse] * 1e4) / 1e4)
        allocations = {
            "collateral_no": numbers.take(pa.array(inverse)),
            "loan_no": self.loan_numbers.take(pa.array(secured)),
            "allocated_share": share,
            "valid_from": loans.disbursed_on[secured],
            "valid_to": loans.closed_on[secured],
            **batch_columns(latest(loans.disbursed_on[secured], loans.closed_on[secured])),
        }
        return assets, allocations


def lpr_of(days: np.ndarray) -> np.ndarray:
    return clock.lpr_bp(days, np.zeros(len(days), dtype=bool))
