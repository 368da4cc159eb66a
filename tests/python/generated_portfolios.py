"""Dirty portfolios of other seeds than those of test_oracle, built once for the oracles of segments and of marts."""

from __future__ import annotations

from pathlib import Path

from dbt_jobs import build_all
from test_oracle import generate

# (seed, clients, file format)
GENERATED = [(5, 300, "parquet"), (61, 150, "csv"), (83, 200, "parquet")]
MODELS = [
    "--select",
    "+fct_client_segment_month",
    "+fct_client_segment_history",
    "+mart_segment_stability",
    "+mart_segment_performance",
    "+mart_segment_default_cohort",
    "+mart_segment_vintage",
    "+mart_segment_concentration",
    "+mart_market_share",
    "+mart_early_warning_signal",
    "+mart_policy_compliance",
    "+mart_client_policy",
    "+mart_project_scheme",
    "+mart_monitoring_compliance",
    "+int_segment_application_month",
    "+int_segment_survey_month",
    "+int_segment_stickiness_month",
    "+int_segment_retention_month",
    "+mart_effort_concentration",
    "+mart_acquisition",
    "--exclude-resource-type",
    "test",
    "unit_test",
]


def homes_of(root: Path) -> dict[int, Path]:
    """The home of each warehouse by its seed."""
    return {seed: root / str(seed) / "home" for seed, _, _ in GENERATED}


def build_generated(project: Path, root: Path) -> None:
    """Generates the portfolios and builds their warehouses."""
    homes = homes_of(root)
    for seed, clients, file_format in GENERATED:
        generate(homes[seed].parent / "input", clients, seed, file_format)
    build_all(project, {home: {"LENDING_INPUT": str(home.parent / "input")} for home in homes.values()}, *MODELS)
