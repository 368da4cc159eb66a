"""Every page renders, says what the SQL says, follows its filters, and fits the screen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import PAGES, Screen

Sql = Callable[[str], list[tuple[Any, ...]]]
LAST = "(select max(as_of_month) from marts.dim_month)"
NAME = "names.name_en || ' ' || names.name_zh"
QUESTIONS = {
    "overview": "How large, how late and how risky is each segment?",
    "segment": "How does one segment do, in depth?",
    "migration": "Who moved where, and are the segments steady?",
    "policy": "What does a segment earn, and do the contracts keep to it?",
    "claims": "Does the data bear out what segmentation promises?",
    "quality": "Can the figures be trusted: where did every row go, and who mends what?",
    "client": "One client explained: where does it stand, since when and why?",
}


def percent(value: Any, digits: int = 1) -> str:
    return "–" if value is None else f"{float(value):.{digits}%}"


def whole(amount: Any) -> str:
    """An amount as the browser rounds it: half away from zero, where Python rounds to the even neighbour."""
    return f"{Decimal(str(amount)).quantize(Decimal(1), ROUND_HALF_UP):,}"


def close(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None), (found, expected)
        assert one is None or one == pytest.approx(float(other), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", PAGES)
def test_page_renders_fits_and_exports(name: str, screen: Screen, sql: Sql, tmp_path: Path) -> None:
    screen.open(name)
    page = screen.page
    assert page.locator("#page-title").inner_text().strip() == QUESTIONS[name]
    # every chart draws something or says why not
    empty = page.evaluate(
        """() => [...document.querySelectorAll('.dash-graph')].filter(graph => {
            const drawn = graph.querySelector('.js-plotly-plot') || graph;
            const marks = drawn.querySelectorAll('.point, .points path, .js-line, .heatmaplayer image').length;
            return !marks && !drawn.querySelector('.annotation-text');
        }).map(graph => graph.id)"""
    )
    assert empty == []
    assert "Traceback" not in page.locator("body").inner_text()
    is_demo = sql("select is_synthetic_demo from quality.dq_build_input")[0][0]
    assert page.locator("#demo-label").count() == int(is_demo)
    for width in (1280, 1920):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_timeout(400)
        sizes = page.evaluate(
            """() => ['html', 'body', '#right-side', '#page-components', '#header'].map(name => {
                const part = document.querySelector(name); return [name, part.scrollWidth, part.clientWidth];
            })"""
        )
        assert [each for each in sizes if each[1] > each[2]] == [], width
        # what stands in the header does not lie over each other, and no card is cut off
        laps = page.evaluate(
            """() => {
                const boxes = [...document.querySelectorAll('#nav-bar a, #dashboard-title, #header-custom > span')]
                    .map(part => part.getBoundingClientRect());
                const lap = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
                    && one.top < other.bottom && other.top < one.bottom;
                return boxes.filter((one, here) => boxes.slice(here + 1).some(other => lap(one, other))).length;
            }"""
        )
        assert laps == 0, width
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.kpi, .figure-title, .sheet-title')]
                .filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.innerText)"""
        )
        assert cut == [], width
    book = openpyxl.load_workbook(screen.download(f"{name}-xlsx", tmp_path), read_only=True)
    about = [str(cell) for row in book["about"].iter_rows(values_only=True) for cell in row]
    assert any(cell.startswith("SYNTHETIC DEMO") for cell in about) == is_demo
    for sheet in book.sheetnames[1:]:
        assert len(list(book[sheet].iter_rows(values_only=True))) > 1, sheet


def test_overview_figures_are_those_of_sql(screen: Screen, sql: Sql) -> None:
    screen.open("overview")
    clients, borrowers, par30, npl, on_time, exposure = sql(
        f"""select sum(clients), sum(borrowers), sum(par30_amount) / nullif(sum(exposure_amount), 0),
            sum(non_performing_amount) / nullif(sum(exposure_amount), 0),
            sum(paid_on_time_amount) / nullif(sum(due_amount), 0), sum(exposure_amount)
        from marts.mart_segment_performance where axis = 'CREDIT' and as_of_month = {LAST}"""
    )[0]
    assert screen.kpi("clients") == f"{int(clients):,}"
    assert screen.kpi("borrowers") == f"{int(borrowers):,}"
    assert screen.kpi("par30") == percent(par30, 2)
    assert screen.kpi("npl") == percent(npl, 2)
    assert screen.kpi("on-time") == percent(on_time)
    flagged = sql(f"select count(*) from marts.mart_early_warning where as_of_month = {LAST}")[0][0]
    assert screen.kpi("warnings") == (f"{flagged:,}" if flagged else "–")
    rows = sql(
        f"""select {NAME}, clients, exposure_amount, par30_rate, non_performing_rate, is_loan_count_suppressed,
            loan_count_repayment_rate
        from marts.mart_segment_performance as performance
        inner join marts.dim_segment as names using (axis, segment_code)
        where axis = 'CREDIT' and as_of_month = {LAST} order by names.display_order"""
    )
    size = screen.traces("overview-size")
    assert size[0]["y"] == [row[0] for row in rows]
    close(size[0]["x"], [row[1] for row in rows])
    close(size[1]["x"], [row[2] for row in rows])
    late = screen.traces("overview-late")
    close(late[0]["x"], [row[3] for row in rows])
    close(late[1]["x"], [row[4] for row in rows])
    assert screen.cells("overview-table", "segment") == [row[0] for row in rows]
    assert screen.cells("overview-table", "exposure_amount") == [whole(row[2]) for row in rows]
    # what is suppressed says so, and is no zero
    shown = screen.cells("overview-table", "loan_count_repayment_rate")
    assert shown == ["suppressed" if row[5] else percent(row[6]) for row in rows]
    total = sum(sum(value for value in trace["y"][-1:]) for trace in screen.traces("overview-trend") if trace["x"])
    assert total == pytest.approx(float(exposure) / 1e6, rel=1e-9)


def test_overview_defaults_and_their_suppression(screen: Screen, sql: Sql) -> None:
    screen.open("overview")
    rows = sql(
        f"""with newest as (
            select *, row_number() over (partition by segment_code order by cohort_month desc) as recency
            from marts.mart_segment_default_cohort where axis = 'CREDIT' and is_mature and cohort_month <= {LAST})
        select {NAME}, default_rate, is_suppressed from newest
        inner join marts.dim_segment as names using (axis, segment_code)
        where recency = 1 order by names.display_order"""
    )
    rates = next(trace for trace in screen.traces("overview-default") if trace["name"].startswith("default rate"))
    assert rates["y"] == [row[0] for row in rows if not row[2] and row[1] is not None]
    close(rates["x"], [row[1] for row in rows if not row[2] and row[1] is not None])
    suppressed = sum(1 for row in rows if row[2])
    assert suppressed > 0, "the demo has no suppressed segment left: this test proves nothing"
    assert len([note for note in screen.notes("overview-default") if note.startswith("suppressed")]) == suppressed


def test_overview_filters(screen: Screen, sql: Sql) -> None:
    screen.open("overview")
    before = screen.kpi("clients")
    screen.choose("overview-axis", "Industry")
    rows = sql(
        f"""select {NAME}, clients from marts.mart_segment_performance
        inner join marts.dim_segment as names using (axis, segment_code)
        where axis = 'INDUSTRY' and as_of_month = {LAST} order by names.display_order"""
    )
    size = screen.traces("overview-size")
    assert size[0]["y"] == [row[0] for row in rows]
    close(size[0]["x"], [row[1] for row in rows])
    month = sql("select as_of_month from marts.dim_month order by as_of_month desc limit 1 offset 20")[0][0]
    screen.choose("overview-month", f"{month:%Y-%m}")
    clients, exposure = sql(
        f"""select sum(clients), sum(exposure_amount) from marts.mart_segment_performance
        where axis = 'INDUSTRY' and as_of_month = date '{month}'"""
    )[0]
    assert screen.kpi("clients") == f"{int(clients):,}"
    assert screen.kpi("clients") != before
    close([sum(screen.traces("overview-size")[1]["x"])], [exposure])


def test_segment_in_depth(screen: Screen, sql: Sql) -> None:
    screen.open("segment")
    axis, code, name = sql(
        f"""select axis, segment_code, {NAME} from marts.mart_segment_performance
        inner join marts.dim_segment as names using (axis, segment_code)
        where axis = 'INDUSTRY' and as_of_month = {LAST} and exposure_amount > 0
        order by exposure_amount desc limit 1"""
    )[0]
    screen.choose("segment-axis", "Industry")
    screen.choose("segment-segment", name)
    clients, par30, on_time, top_ten = sql(
        f"""select clients, par30_rate, on_time_rate, top_ten_share
        from marts.mart_segment_performance
        left join marts.mart_segment_concentration using (axis, segment_code, as_of_month)
        where axis = '{axis}' and segment_code = '{code}' and as_of_month = {LAST}"""
    )[0]
    assert screen.kpi("clients") == f"{clients:,}"
    assert screen.kpi("par30") == percent(par30, 2)
    assert screen.kpi("on-time") == percent(on_time)
    assert screen.kpi("top-ten") == percent(top_ten)
    for rate, observations, form in (
        ("approval_rate", "decided", "{:.1%}"),
        ("median_business_hours", "timed_decisions", "{:,.1f} h"),
        ("csat_rate", "csat_answers", "{:.1%}"),
        ("retention_rate", "retention_clients", "{:.1%}"),
    ):
        value, seen = sql(
            f"""select {rate}, {observations} from marts.mart_segment_performance
            where axis = '{axis}' and segment_code = '{code}' and as_of_month = {LAST}"""
        )[0]
        expected = "suppressed" if value is None and seen else "none" if value is None else form.format(float(value))
        assert screen.kpi(rate.replace("_", "-")) == expected
    effort = sql(
        f"""select hours_share, capital_share, revenue_share from marts.mart_resource_allocation
        where axis = '{axis}' and segment_code = '{code}' order by as_of_month"""
    )
    for number, trace in enumerate(screen.traces("segment-effort")):
        close(trace["y"], [row[number] for row in effort])
    history = sql(
        f"""select exposure_amount / 1e6, clients, on_time_rate from marts.mart_segment_performance
        where axis = '{axis}' and segment_code = '{code}' order by as_of_month"""
    )
    growth = screen.traces("segment-growth")
    close(growth[0]["y"], [row[0] for row in history])
    close(growth[1]["y"], [row[1] for row in history])
    newest = sql(
        f"""select exposure_amount from marts.mart_segment_performance
        where axis = '{axis}' and segment_code = '{code}' order by as_of_month desc limit 12"""
    )
    assert screen.cells("segment-table", "exposure_amount") == [whole(row[0]) for row in newest]


def test_migration_figures_and_window(screen: Screen, sql: Sql) -> None:
    screen.open("migration")
    stay, upgrades, downgrades, psi = sql(
        f"""select stay_rate, upgrades, downgrades, psi_quarter from marts.mart_segment_stability
        where axis = 'CREDIT' and as_of_month = {LAST}"""
    )[0]
    assert screen.kpi("stay") == percent(stay)
    assert screen.kpi("upgrades") == f"{upgrades:,}"
    assert screen.kpi("downgrades") == f"{downgrades:,}"
    assert screen.kpi("psi") == ("–" if psi is None else f"{float(psi):.3f}")

    def moves(months: int) -> list[str]:
        return [
            f"{row[0]:,}"
            for row in sql(
                f"""select sum(clients) as moves from marts.mart_segment_migration as migration
                left join marts.dim_segment as origin on origin.axis = 'CREDIT' and from_segment = origin.segment_code
                left join marts.dim_segment as target on target.axis = 'CREDIT' and to_segment = target.segment_code
                where migration.axis = 'CREDIT' and from_segment <> to_segment
                    and as_of_month in (
                        select as_of_month from marts.dim_month order by as_of_month desc limit {months}
                    )
                group by from_segment, to_segment, origin.display_order, target.display_order
                order by moves desc limit 15"""
            )
        ]

    assert screen.cells("migration-table", "moves") == moves(12)
    screen.choose("migration-window", "3 months")
    assert screen.cells("migration-table", "moves") == moves(3)
    assert moves(3) != moves(12)


def test_policy_figures_and_filters(screen: Screen, sql: Sql) -> None:
    screen.open("policy")

    def counted(condition: str) -> tuple[Any, ...]:
        return sql(
            f"""select count(distinct loan_key), count(*) filter (where status = 'BREACH'),
                count(*) filter (where status <> 'NOT_TESTABLE'), count(*) filter (where status = 'EXCUSED')
            from marts.mart_policy_compliance where decided_on <= {LAST} and {condition}"""
        )[0]

    def agree(condition: str) -> None:
        loans, breaches, tests, excused = counted(condition)
        assert screen.kpi("loans") == f"{loans:,}"
        assert screen.kpi("breach-rate") == percent(breaches / tests if tests else None)
        assert screen.kpi("excused") == f"{excused:,}"

    recent = f"decided_on > last_day({LAST} - interval 12 month)"
    agree(recent)
    levers = sql(
        f"""select {NAME}, limit_multiplier from marts.mart_segment_policy
        inner join marts.dim_segment as names using (axis, segment_code)
        where axis = 'CREDIT' and valid_from <= {LAST} and valid_to > {LAST} order by names.display_order"""
    )
    terms = screen.traces("policy-terms")
    assert terms[0]["y"] == [row[0] for row in levers]
    close(terms[0]["x"], [row[1] for row in levers])
    screen.choose("policy-window", "All months")
    agree("true")
    name = sql("select name_en from marts.dim_segment where axis = 'CREDIT' and segment_code = 'MEDIUM'")[0][0]
    screen.choose("policy-segment", name)
    agree("loan_key in (select loan_key from marts.fct_loan_decision where credit_segment = 'MEDIUM')")


def test_claims(screen: Screen, sql: Sql) -> None:
    screen.open("claims")
    verdicts = dict(sql("select verdict, count(*) from marts.mart_claims group by verdict"))
    for verdict in ("SUPPORTED", "NOT_SUPPORTED", "NOT_ENOUGH_DATA"):
        assert screen.kpi(verdict.lower()) == str(verdicts.get(verdict, 0))
    promises = sql("select promise_en || ' ' || promise_zh from marts.mart_claims order by display_order, claim_id")
    assert [" ".join(text.split()) for text in screen.cells("claims-table", "promise")] == [row[0] for row in promises][
        :30
    ]
    screen.choose("claims-axis", "Credit")
    count = sql("select count(*) from marts.mart_claims where axis = 'CREDIT'")[0][0]
    assert screen.kpi("claims") == str(count)


def test_quality_figures_and_filter(screen: Screen, sql: Sql) -> None:
    screen.open("quality")

    def agree(condition: str) -> None:
        found = sql(
            f"""select sum(rows_in), sum(rows_accepted), sum(rows_rejected), sum(rows_duplicate), sum(rows_superseded),
                sum(rows_unexplained) from quality.dq_reconciliation where {condition}"""
        )[0]
        names = ("rows-in", "accepted", "rejected", "duplicate", "superseded", "unexplained")
        assert [screen.kpi(name) for name in names] == [f"{int(value):,}" for value in found]

    agree("true")
    issues = sql("select issues from quality.dq_issue_summary order by issues desc, table_name, reason_code limit 10")
    assert screen.cells("quality-issues", "issues") == [f"{row[0]:,}" for row in issues]
    screen.choose("quality-source", "payments")
    agree("table_name = 'payments'")


def test_one_client_explained(screen: Screen, sql: Sql) -> None:
    screen.open("client")
    # a client whose change is held back, found by typing its key
    key = sql(
        """select client_key from marts.mart_client_explanation where is_held_back
        and client_key not in (
            select client_key from marts.mart_client_policy order by exposure_amount desc nulls last limit 50
        )
        order by client_key limit 1"""
    )[0][0]
    screen.page.click("#client-client")
    screen.page.fill(".dash-dropdown-content .dash-dropdown-search", str(key))
    screen.page.locator(".dash-dropdown-content .dash-dropdown-option", has_text=str(key)).first.click()
    screen.page.wait_for_timeout(250)
    screen.settle()
    assert screen.kpi("client") == str(key)
    rows = sql(
        f"""select axis, {NAME}, rule_in_words, reason_in_words, is_held_back from marts.mart_client_explanation as why
        inner join marts.dim_segment as names using (axis)
        where names.segment_code = why.final_segment and client_key = {key}"""
    )
    assert len(rows) == 6
    for axis, segment, rule, reason, is_held_back in rows:
        box = screen.page.locator(".why", has=screen.page.locator(f"[data-segment='{axis}']"))
        text = box.inner_text()
        assert segment in text and rule in text and reason in text
        assert ("Held back" in text) == is_held_back
    limit = sql(
        f"""select lever_value, binding_rule_id from marts.mart_client_policy
        inner join marts.mart_policy_case_lever using (policy_case_key)
        where client_key = {key} and lever = 'LIMIT_MULTIPLIER'"""
    )[0]
    at = screen.cells("client-levers", "lever_in_words").index("Share of the capacity-based limit that may be lent")
    assert screen.cells("client-levers", "held")[at] == percent(limit[0], 0)
    assert screen.cells("client-levers", "binding_rule_id")[at] == limit[1]
    spans = sql(f"select count(*) from marts.fct_client_segment_history where client_key = {key}")[0][0]
    assert len(screen.traces("client-timeline")) == spans
