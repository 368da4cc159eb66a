"""Account flows, online events, contacts, surveys, overrides and monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from generator import clock, names, policy
from generator.loans import CODES, TO_YUAN, P
from generator.population import NEVER, STOPS, Population, stream
from generator.registrations import CRM, DIGITAL, Registrations
from generator.settings import (
    DORM,
    EFFECTS,
    HFO,
    HFS,
    HFX,
    LAPSED,
    MICRO,
    NEW,
    OCC,
    POT,
    PROSPECT,
    TERM,
)  # fmt: skip
from generator.tables import Coded, Nullable, batch_columns, latest, number

CATEGORIES = (
    "SALES_IN", "LOAN_IN", "OWN_TRANSFER_IN", "OTHER_IN", "SUPPLIER_OUT", "TAX_OUT", "PAYROLL_OUT",
    "UTILITY_OUT", "DEBT_SERVICE_OUT", "OTHER_OUT",
)  # fmt: skip
EVENT_TYPES = (
    "LOGIN", "RATE_QUOTE", "LIMIT_CHECK", "APPLICATION_STARTED", "APPLICATION_ABANDONED", "DOCUMENT_UPLOADED",
    "OFFER_SHOWN", "OFFER_CLICKED", "OTHER",
)  # fmt: skip
EVENT_CHANNELS = ("WEB", "APP", "MINI_PROGRAM", "API")
INTERACTIONS = ("VISIT", "CALL", "COMPLAINT", "OFFER", "COLLECTION", "SERVICE")
OUTCOMES = ("ACCEPTED", "DECLINED", "NO_ANSWER", "RESOLVED", "OPEN")
TASKS = ("VISIT", "COVENANT_TEST", "USE_OF_FUNDS", "REVALUATION", "REVIEW")
FINDINGS = ("NONE", "MINOR", "MAJOR")


@dataclass(frozen=True)
class Override:
    """One kind of request: what it asks for, for a client of which group, and what is wrong with it, if anything."""

    axis: str
    code: str
    group: str
    days: int = 0  # length; 0 for any permitted one
    is_current: bool = False
    same_person: bool = False
    again: bool = False  # for the client of the case before, twenty days later


OVERRIDES = (
    # good ones, still running at the end of the window
    Override("CREDIT", "HIGH", "MEDIUM", is_current=True),
    Override("CREDIT", "RESTRICTED", "MEDIUM", is_current=True),
    Override("BEHAVIOUR", "HIGH_FREQUENCY_OTHER", "OCCASIONAL", is_current=True),
    Override("LIFECYCLE", "TRANSITIONAL", "SOUND", is_current=True),
    Override("SIZE", "SMALLER", "LARGER", is_current=True),
    Override("INDUSTRY", "SERVICES", "SOUND", is_current=True),
    Override("PROJECT_TYPE", "OTHER", "PROJECT", is_current=True),
    # good ones of other months: exactly as long as permitted, worse for a failed client, two of one client
    Override("CREDIT", "MEDIUM", "ELEVATED", days=180),
    Override("CREDIT", "RESTRICTED", "FAILED"),
    Override("INDUSTRY", "TECHNOLOGY", "SOUND"),
    Override("INDUSTRY", "SERVICES", "SOUND", again=True),
    # the same person asked and approved
    Override("CREDIT", "HIGH", "MEDIUM", is_current=True, same_person=True),
    # a day too long, and far too long
    Override("LIFECYCLE", "HIGH_GROWTH", "SOUND", days=181, is_current=True),
    Override("BEHAVIOUR", "OCCASIONAL", "SOUND", days=330),
    # over a knock-out
    Override("CREDIT", "MEDIUM", "FAILED"),
    Override("LIFECYCLE", "TRANSITIONAL", "FAILED"),
    Override("BEHAVIOUR", "HIGH_FREQUENCY_STABLE", "FAILED"),
    # two tiers up
    Override("CREDIT", "HIGH", "ELEVATED", is_current=True),
    # segments that nobody can ask for, that no axis has, and an axis that there is not
    Override("CREDIT", "UNRATED", "SOUND", is_current=True),
    Override("BEHAVIOUR", "VERY_GOOD", "SOUND", is_current=True),
    Override("CREDIT", "OCCASIONAL", "SOUND", is_current=True),
    Override("MOOD", "HIGH", "SOUND", is_current=True),
    # ends before it begins
    Override("SIZE", "MEDIUM", "SOUND", days=-10),
)


class Engagement:
    def __init__(self, people: Population, registrations: Registrations, loans) -> None:
        self.people, self.registrations, self.loans = people, registrations, loans
        self.settings = people.settings
        self.is_borrower = np.bincount(loans.client, minlength=people.rows) > 0

    # -- account flows -----------------------------------------------------------------------------

    def account_flows(self) -> dict[str, Any]:
        people, settings, loans = self.people, self.settings, self.loans
        rng = stream(settings, people.block, 50)
        profile = settings.profile
        months = people.months
        flows = loans.flows
        banks_here, detailed, small_things, part = flows.banks_here, flows.detailed, flows.small_things, flows.part
        month = np.arange(months)
        active = (month >= np.maximum(people.start_month, 0)[:, None]) & (month < people.leave_month[:, None])
        active &= banks_here[:, None]
        # dormant clients take their business elsewhere
        dormant = np.isin(people.behaviour, (DORM,))[:, None] & (month > people.change_month[:, None] + 3)
        active &= ~dormant
        client, when = np.nonzero(active)
        level = people.revenue_at(client, when) / 12.0 * part[client]
        calendar = (settings.first_month + when) % 12 + 1
        distance = np.minimum((calendar - people.season[client]) % 12, (people.season[client] - calendar) % 12)
        peak = np.where(people.season[client] > 0, 1 + 0.35 * np.exp(-0.5 * (distance / 1.3) ** 2) - 0.08, 1.0)
        holiday = np.where(calendar == 2, 0.72, np.where(calendar == 12, 1.12, 1.0))
        noise = np.exp(rng.normal(0, 1, len(client)) * people.flow_noise[client])
        sales = level * peak * holiday * noise
        sales = np.where(people.is_project_company[client], self._project_sales(client, when), sales)
        margin = np.clip(people.margin[client], 0.02, 0.5)
        spread = rng.random((4, len(client)))
        groups: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = [(0, client, when, sales)]
        busy = sales > 0
        rich = busy & detailed[client]
        groups.append((4, client[rich], when[rich], (sales * (0.72 - margin * 0.5) * (0.85 + 0.3 * spread[0]))[rich]))
        groups.append((6, client[rich], when[rich], (level * 0.12 * (0.95 + 0.1 * spread[1]))[rich]))
        quarter = busy & (detailed | small_things)[client] & (calendar % 3 == 1)
        groups.append((5, client[quarter], when[quarter], (level * 3 * 0.035 * (0.8 + 0.4 * spread[2]))[quarter]))
        utility = busy & small_things[client] & detailed[client]
        groups.append((7, client[utility], when[utility], (level * 0.02 * (0.8 + 0.4 * spread[3]))[utility]))
        own = busy & (rng.random(len(client)) < np.where(detailed[client], 0.10, 0.02))
        groups.append((2, client[own], when[own], (level * rng.uniform(0.1, 0.8, len(client)))[own]))
        other = busy & small_things[client] & (rng.random(len(client)) < 0.15)
        groups.append((3, client[other], when[other], (level * 0.05 * rng.random(len(client)))[other]))
        out = busy & small_things[client] & (rng.random(len(client)) < 0.35)
        groups.append((9, client[out], when[out], (level * 0.08 * rng.random(len(client)))[out]))
        groups.append(
            (
                1,
                *self._monthly(
                    loans.client, loans.disbursed_on, self._yuan(loans.principal, loans.currency), banks_here
                ),
            )
        )
        paid = loans.payment_reverses < 0
        of = loans.payment_loan[paid]
        own_money = loans.payment_source[paid] == 0
        amount = self._yuan(loans.payment_amount[paid], loans.currency[of])[own_money]
        groups.append(
            (8, *self._monthly(loans.client[of][own_money], loans.payment_day[paid][own_money], amount, banks_here))
        )
        category = np.concatenate([np.full(len(g[1]), g[0]) for g in groups])
        client = np.concatenate([g[1] for g in groups])
        when = np.concatenate([g[2] for g in groups])
        step = profile.amount_step
        amount = np.rint(np.concatenate([g[3] for g in groups]) / step).astype(np.int64) * step * 100
        keep = np.flatnonzero(amount > 0)
        order = keep[np.lexsort((category[keep], when[keep], client[keep]))]
        category, client, when, amount = category[order], client[order], when[order], amount[order]
        size = len(order)
        counted = np.isin(category, (0, 4))
        typical = np.array([20, 1, 2, 3, 12, 2, 1, 3, 2, 5])[category]
        scale = np.where(counted, np.clip(np.sqrt(people.employees[client]), 1, 30) / 4, 1.0)
        transactions = 1 + rng.poisson(np.maximum(typical * scale - 1, 0.2))
        parties = np.maximum(1, np.rint(transactions * rng.uniform(0.3, 0.8, size))).astype(np.int64)
        top = np.round(np.clip(rng.beta(2, 4, size) + 0.6 / np.sqrt(parties), 0.05, 1.0), 2)
        end = clock.month_end(np.arange(settings.first_month, settings.end_month + 1))[when]
        return {
            **self.registrations.keys(client),
            "month_end": end,
            "category": Coded(category, CATEGORIES),
            "amount": amount,
            "transactions": transactions,
            "counterparties": Nullable(parties, ~counted),
            "top_counterparty_share": Nullable(top, ~counted),
            **batch_columns(end),
        }

    @staticmethod
    def _yuan(cents: np.ndarray, currency: np.ndarray) -> np.ndarray:
        return cents / 100.0 * TO_YUAN[currency]

    def _monthly(self, client: np.ndarray, days: np.ndarray, amount: np.ndarray, shown: np.ndarray):
        months = self.people.months
        month = clock.month_of(days) - self.settings.first_month
        inside = (month >= 0) & (month < months) & shown[client]
        key, inverse = np.unique(client[inside] * months + month[inside], return_inverse=True)
        total = np.bincount(inverse, weights=amount[inside], minlength=len(key))
        return key // months, key % months, total

    def _project_sales(self, client: np.ndarray, when: np.ndarray) -> np.ndarray:
        project, half, revenue = self.loans.projects.revenue_by_half
        owner = self.loans.projects.client
        result = np.zeros(len(client))
        index = np.flatnonzero(self.people.is_project_company[client])
        if not len(index):
            return result
        key = owner[project] * 4_000 + half
        order = np.argsort(key)
        wanted = client[index] * 4_000 + (self.settings.first_month + when[index]) // 6
        at = np.minimum(np.searchsorted(key[order], wanted), len(order) - 1)
        found = key[order][at] == wanted
        result[index] = np.where(found, revenue[order][at] / 6.0, 0.0)
        return result

    # -- online ------------------------------------------------------------------------------------

    def digital_events(self) -> dict[str, Any]:
        people, settings = self.people, self.settings
        rng = stream(settings, people.block, 51)
        n, months = people.rows, people.months
        factor = settings.profile.event_factor
        month = np.arange(months)[None, :]
        client = np.arange(n)[:, None]
        behaviour = people.behaviour_at(client, month)
        rate = np.zeros(10)
        rate[[HFS, HFX, HFO, POT, OCC, TERM, DORM, LAPSED, PROSPECT, NEW]] = (
            3.0,
            3.6,
            2.6,
            0,
            0.9,
            0.35,
            0.06,
            1.6,
            0.22,
            2.0,
        )
        keen = rng.random(n) < 0.7
        online = np.where(keen, 1.25, 0.25)
        mean = rate[behaviour] * online[:, None] * factor
        # a potential client looks around a lot: more than twenty days in a quarter, in the recent past of the demo
        mean = np.where(behaviour == POT, 12.0, mean)
        if settings.is_small:
            mean = np.where((behaviour == POT) & (month < months - 15), mean * 0.18, mean)
        # some others look around as much for a while: activity alone makes no potential
        browses = (rng.random(n) < 0.04) & np.isin(people.behaviour, (OCC, TERM, PROSPECT)) & ~people.is_project_company
        mean = np.where(browses[:, None] & (month >= months - 6), 11.0, mean)
        mean = np.where((behaviour == LAPSED), np.maximum(mean, 2.6), mean)
        nervous = (month >= people.onset_month[:, None] - 5) & (month < people.onset_month[:, None] + 4)
        mean = np.where(nervous, mean * 1.8 + 0.4, mean)
        mean = mean * ((month >= people.start_month[:, None]) & (month < people.leave_month[:, None]))
        count = rng.poisson(mean)
        client, when = np.nonzero(count)
        times = count[client, when]
        client, when = np.repeat(client, times), np.repeat(when, times)
        size = len(client)
        days_in = (
            clock.month_end(settings.first_month + when) - clock.day_in_month(settings.first_month + when, 1)
        ).astype(np.int64) + 1
        day = clock.day_in_month(settings.first_month + when, 1) + np.floor(rng.random(size) * days_in).astype(np.int64)
        day = np.maximum(day, people.started_on[client])
        hour = np.clip(np.floor(rng.normal(14, 4, size)), 0, 23).astype(np.int64)
        at = clock.at_time(day, hour * 3_600 + rng.integers(0, 60, size) * 60)
        weights = np.array([0.52, 0.12, 0.10, 0.06, 0.03, 0.05, 0.07, 0.03, 0.02])
        kind = np.searchsorted(np.cumsum(weights), rng.random(size))
        kind = np.minimum(kind, 8)
        intent = (people.behaviour_at(client, when) == POT) & (kind == 0) & (rng.random(size) < 0.4)
        kind = np.where(intent, rng.choice((1, 5, 3), size), kind)
        distressed = (when >= people.onset_month[client] - 5) & (kind == 0) & (rng.random(size) < 0.5)
        kind = np.where(distressed & (people.onset_month[client] < NEVER), 2, kind)
        about = np.isin(kind, (1, 3, 4, 6, 7))
        product = np.where(
            about,
            rng.choice([P["FAST_SME"], P["REVOLVE_WC"], P["TECH_CREDIT"], P["MORT_OPER"], P["PREAPPROVED"]], size),
            -1,
        )
        anonymous = rng.random(size) < np.where(people.behaviour_at(client, when) == PROSPECT, 0.25, 0.015)
        robot, robot_at = self._robot_days()
        client, at = np.concatenate([client, robot]), np.concatenate([at, robot_at])
        kind = np.concatenate([kind, np.where(np.arange(len(robot)) % 9 == 0, 0, 1)])
        product = np.concatenate([product, np.full(len(robot), P["FAST_SME"])])
        anonymous = np.concatenate([anonymous, np.zeros(len(robot), dtype=bool)])
        size = len(client)
        order = np.lexsort((kind, client, at))
        client, at, kind, product, anonymous = client[order], at[order], kind[order], product[order], anonymous[order]
        product = np.where(kind == 0, -1, product)
        keys = self.registrations.keys(client, DIGITAL)
        system = keys["source_system"]
        system.codes = np.where(anonymous, -1, system.codes)
        chosen = self.registrations.of_system[DIGITAL, client]
        return {
            "event_no": number("V", names.numbers(people.block, settings.number_width, size)),
            "source_system": system,
            "client_no": self.registrations.number.take(pa.array(chosen, mask=anonymous)),
            "occurred_at": at,
            "event_type": Coded(kind, EVENT_TYPES),
            "channel": Coded(np.minimum(np.searchsorted((0.30, 0.66, 0.97), rng.random(size)), 3), EVENT_CHANNELS),
            "product_code": Coded(product, CODES),
            **batch_columns(at),
        }

    def _robot_days(self) -> tuple[np.ndarray, np.ndarray]:
        """Days on which a script used a client's access: more events than a person makes, and one just below."""
        people, settings = self.people, self.settings
        rng = stream(settings, people.block, 56)
        usual = np.isin(people.behaviour, (TERM, OCC, PROSPECT)) & (people.start_month < people.months - 4)
        usual &= (people.leave_month == NEVER) & ~people.is_project_company
        chosen = rng.permutation(np.flatnonzero(usual))[:3]
        count = np.array([501, 530, 500])[: len(chosen)]
        day = settings.end - rng.permutation(80)[: len(chosen)]
        client, day = np.repeat(chosen, count), np.repeat(day, count)
        place = np.concatenate([np.arange(rows) for rows in count]) if len(count) else np.zeros(0, dtype=np.int64)
        return client, clock.at_time(day, 6 * 3_600 + place * 45)

    # -- people ------------------------------------------------------------------------------------

    def managers(self) -> Any:
        """Three relationship managers a branch, the same in every block."""
        rng = stream(self.settings, 0, 91)
        return names.people(rng, 120)

    def interactions(self) -> dict[str, Any]:
        people, settings = self.people, self.settings
        rng = stream(settings, people.block, 52)
        n, months = people.rows, people.months
        base = np.choose(people.size, (0.35, 0.20, 0.07, 0.025)) * settings.profile.crm_factor
        base = np.where(self.is_borrower, base, base * 0.3)
        base = np.where(people.is_project_company, 0.25 * settings.profile.crm_factor, base)
        month = np.arange(months)
        there = (month >= np.maximum(people.start_month, 0)[:, None]) & (month < people.leave_month[:, None])
        tiers = people.tier_at(np.arange(n))
        base = base * np.array([0.8, 1.0, 1.3, 1.4])[tiers]
        client, when = np.nonzero((rng.random((n, months)) < np.minimum(base, 0.9)[:, None]) & there)
        kind = np.searchsorted((0.30, 0.68, 0.73, 0.87), rng.random(len(client)))
        kind = np.array([0, 1, 2, 3, 5])[kind]
        # collection begins when payments stop
        onset = people.onset_month
        chased, at = np.nonzero(
            (month >= onset[:, None] + 1) & (month < onset[:, None] + 8) & (month < people.cure_month[:, None])
            & self.is_borrower[:, None] & (rng.random((n, months)) < 0.6) & there
        )  # fmt: skip
        offered, offer_at = np.nonzero((people.behaviour == POT)[:, None] & there & (rng.random((n, months)) < 0.05))
        client = np.concatenate([client, chased, offered])
        when = np.concatenate([when, at, offer_at])
        kind = np.concatenate([kind, np.full(len(chased), 4), np.full(len(offered), 3)])
        size = len(client)
        day = clock.back_to_workday(clock.day_in_month(settings.first_month + when, rng.integers(3, 28, size)))
        day = np.maximum(day, people.started_on[client])
        moment = clock.office_time(rng, day)
        answer = rng.random(size)
        outcome = np.full(size, -1)
        takes = np.where(people.behaviour_at(client, when) == POT, 0.34, 0.20)
        outcome = np.where(kind == 3, np.where(answer < takes, 0, np.where(answer < 0.72, 1, 2)), outcome)
        outcome = np.where(kind == 2, np.where(answer < 0.82, 3, 4), outcome)
        outcome = np.where(kind == 4, np.where(answer < 0.35, 3, np.where(answer < 0.7, 2, 4)), outcome)
        outcome = np.where(kind == 5, 3, outcome)
        minutes = np.array([95, 14, 35, 22, 28, 18])[kind] * np.exp(rng.normal(0, 0.4, size))
        offer = rng.choice([P["FAST_SME"], P["REVOLVE_WC"], P["TECH_CREDIT"], P["MORT_OPER"], P["EQUIP_TERM"]], size)
        offer = np.where(people.behaviour_at(client, when) == POT, P["PREAPPROVED"], offer)
        order = np.lexsort((client, moment))
        manager = (people.branch * 3 + people.global_index % 3)[client]
        return {
            "interaction_no": number("N", names.numbers(people.block, settings.number_width, size)),
            **self.registrations.keys(client[order], CRM),
            "occurred_at": moment[order],
            "interaction_type": Coded(kind[order], INTERACTIONS),
            "product_code": Coded(np.where(kind == 3, offer, -1)[order], CODES),
            "outcome": Coded(outcome[order], OUTCOMES),
            "minutes": np.maximum(np.rint(minutes), 2.0)[order],
            "relationship_manager": Coded(manager[order], self.managers()),
            **batch_columns(moment[order]),
        }

    def surveys(self, basis: tuple) -> dict[str, Any]:
        """Answers after decisions: branches that work by segments do a little better."""
        people, settings = self.people, self.settings
        rng = stream(settings, people.block, 53)
        client, decided_at, is_decided, adopted, decision = basis
        asked = is_decided & (decided_at >= settings.start) & (rng.random(len(client)) < settings.profile.survey_share)
        client, decided_at, adopted, decision = client[asked], decided_at[asked], adopted[asked], decision[asked]
        size = len(client)
        if not size:
            return {}
        mood = 3.75 + rng.normal(0, 0.85, size) - np.where(decision == 1, 0.9, 0.0)
        if settings.effects:
            mood = mood + np.where(adopted, EFFECTS["csat_shift"], 0.0)
        csat = np.clip(np.rint(mood), 1, 5).astype(np.int64)
        nps = np.clip(np.rint(mood * 2 + rng.normal(-0.2, 1.0, size)), 0, 10).astype(np.int64)
        at = decided_at + rng.integers(1 * 24 * 60, 12 * 24 * 60, size).astype("timedelta64[m]").astype(
            "timedelta64[s]"
        )
        keep = np.flatnonzero(at <= clock.at_time(settings.end, 80_000))
        order = keep[np.lexsort((client[keep], at[keep]))]
        return {
            "response_no": number("S", names.numbers(people.block, settings.number_width, len(order))),
            **self.registrations.keys(client[order], CRM),
            "answered_at": at[order],
            "nps": Nullable(nps[order], (rng.random(size) < 0.08)[order]),
            "csat": csat[order],
            **batch_columns(at[order]),
        }

    # -- governance --------------------------------------------------------------------------------

    def overrides(self) -> dict[str, Any]:
        """Requests to change a segment by hand, good ones and ones that the rules must refuse.

        The cases of OVERRIDES come in turn; each looks for a client for which it means what its name says.
        """
        people, settings, loans = self.people, self.settings, self.loans
        rng = stream(settings, people.block, 54)
        n, months = people.rows, people.months
        wanted = len(OVERRIDES) * max(1, round(n / 250 / len(OVERRIDES)))
        tier = people.tier_at(np.arange(n))
        defaulted_on = np.full(n, clock.FAR_DAY)
        known = ~np.isnat(loans.defaulted_on)
        np.minimum.at(defaulted_on.view(np.int64), loans.client[known], loans.defaulted_on[known].astype(np.int64))
        default_month = clock.month_of(np.minimum(defaulted_on, settings.end + 400)) - settings.first_month
        failed = (default_month < months - 4) & (people.failure == STOPS) & (people.leave_month >= default_month + 4)
        sound = (people.onset_month == NEVER) & (people.leave_month == NEVER) & (people.start_month < months - 9)
        sound &= ~people.is_project_company & self.is_borrower
        groups = {
            "SOUND": sound,
            "MEDIUM": sound & (tier == 1),
            "ELEVATED": sound & (tier == 2),
            "FAILED": failed & self.is_borrower,
            "PROJECT": people.is_project_company & (people.onset_month == NEVER) & (people.start_month < months - 9),
            "OCCASIONAL": sound & (people.behaviour == OCC),
            "LARGER": sound & (people.size < MICRO),
        }
        members = {name: rng.permutation(np.flatnonzero(chosen)) for name, chosen in groups.items()}
        used = dict.fromkeys(groups, 0)
        client, case = [], []
        for turn in range(wanted):
            group = OVERRIDES[turn % len(OVERRIDES)].group
            if used[group] < len(members[group]):
                client.append(members[group][used[group]])
                case.append(turn % len(OVERRIDES))
                used[group] += 1
                # the second request of a pair is for the client of the first
                if OVERRIDES[turn % len(OVERRIDES)].again:
                    client[-1] = client[-2] if len(client) > 1 else client[-1]
        if not client:
            return {}
        client, case = np.array(client), np.array(case)
        size = len(client)
        cases = [OVERRIDES[position] for position in case.tolist()]
        days = np.array([entry.days for entry in cases])
        spread = rng.integers(0, 60, size)
        days = np.where(days == 0, 130 + spread % 50, days)
        # current ones run over the end of the window, the others stand somewhere in it
        current = np.array([entry.is_current for entry in cases])
        earliest = np.maximum(people.start_month[client] + 3, 6)
        month = earliest + np.floor(rng.random(size) * np.maximum(months - 3 - earliest, 1)).astype(np.int64)
        month = np.where(current, months - 3 - spread % 2, month)
        late = np.array([entry.group == "FAILED" for entry in cases])
        month = np.where(late, default_month[client] + 1, month)
        month = np.minimum(month, months - 2)
        valid_from = clock.day_in_month(settings.first_month + month, rng.integers(2, 28, size))
        again = np.array([entry.again for entry in cases])
        valid_from = np.where(again & (np.arange(size) > 0), np.roll(valid_from, 1) + 20, valid_from)
        staff = self.managers().to_pylist()
        requested, approved = [], []
        for manager, entry in zip((people.branch[client] * 3).tolist(), cases, strict=True):
            other = staff[manager + 1] if staff[manager + 1] != staff[manager] else staff[manager + 2]
            requested.append(staff[manager])
            approved.append(f" {staff[manager]}" if entry.same_person else other)
        reasons = ("新订单已签约", "集团支持函", "财务数据滞后", "行业归类有误", "临时资金安排", "经营已恢复")
        smaller = np.array(["LARGE", "MEDIUM", "SMALL", "MICRO"])[np.minimum(people.size[client] + 1, 3)]
        codes = [
            str(size_code) if entry.code == "SMALLER" else entry.code
            for entry, size_code in zip(cases, smaller, strict=True)
        ]
        return {
            "override_no": number("O", names.numbers(people.block, settings.number_width, size)),
            **self.registrations.keys(client),
            "axis": pa.array([entry.axis for entry in cases], pa.string()),
            "segment_code": pa.array(codes, pa.string()),
            "reason": Coded(rng.integers(0, len(reasons), size), reasons),
            "requested_by": pa.array(requested, pa.string()),
            "approved_by": pa.array(approved, pa.string()),
            "valid_from": valid_from,
            "expires_on": valid_from + days,
            **batch_columns(valid_from),
        }

    def monitoring(self) -> dict[str, Any]:
        """Post-loan tasks as often as the policy of the tier asks; some late, some never done."""
        people, settings, loans = self.people, self.settings, self.loans
        rng = stream(settings, people.block, 55)
        n = people.rows
        first = np.full(n, NEVER)
        last = np.full(n, -NEVER)
        np.minimum.at(first, loans.client, loans.month)
        np.maximum.at(last, loans.client, loans.month + loans.term)
        # as often as the policy of the tier asks
        interval = policy.MONITORING_MONTHS[people.tier_at(np.arange(n))]
        watched = self.is_borrower & (rng.random(n) < (0.20 if n > 2_000 else 0.45))
        client, month = [], []
        for round_number in range(people.months):
            when = np.maximum(first, 0) + (round_number + 1) * interval
            chosen = np.flatnonzero(
                watched & (when <= np.minimum(last, people.months - 1)) & (when < people.leave_month)
            )
            client.append(chosen)
            month.append(when[chosen])
        client, month = np.concatenate(client), np.concatenate(month)
        size = len(client)
        kind = rng.choice(5, size, p=(0.4, 0.2, 0.15, 0.1, 0.15))
        due = clock.day_in_month(settings.first_month + month, rng.integers(5, 28, size))
        delay = np.rint(rng.normal(-3, 9, size)).astype(np.int64)
        done = due + delay
        missed = (rng.random(size) < 0.06) | (done > settings.end)
        near = (month >= people.onset_month[client] - 4) & (month < people.cure_month[client])
        draw = rng.random(size)
        finding = np.where(draw < np.where(near, 0.35, 0.85), 0, np.where(draw < np.where(near, 0.7, 0.97), 1, 2))
        order = np.lexsort((client, due))
        known = np.where(missed, np.minimum(due, settings.end), done)
        return {
            "task_no": number("M", names.numbers(people.block, settings.number_width, size)),
            **self.registrations.keys(client[order]),
            "task_type": Coded(kind[order], TASKS),
            "due_on": due[order],
            "done_on": Nullable(done[order], missed[order]),
            "finding": Coded(np.where(missed, -1, finding)[order], FINDINGS),
            **batch_columns(latest(known)[order]),
        }
