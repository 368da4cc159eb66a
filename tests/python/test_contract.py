"""What the project promises about its own shape: contract, layers, documentation, no clock, no personal data."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from conftest import ROOT, SHARED, Warehouse, manifest

# A model reads from its own layer or from one above it in this list (architecture.md section 2). Quality is fed by
# staging, but some of its findings are about identity and balances (dq_identity_review, S_MONTH_END_DIFF): it stands
# behind the features, so that none of these can read a finding.
LAYERS = ["input", "staging", "identity", "features", "quality", "segments", "marts", "semantic"]
PUBLISHED = {"segments", "marts"}
CLOCK = re.compile(
    r"\b(current_date|current_timestamp|current_time|localtimestamp|localtime|now\s*\(|today\s*\(|get_current_timestamp"
    r"|transaction_timestamp|run_started_at|modules\.datetime|random\s*\(|gen_random_uuid|uuid\s*\(|nextval)",
    re.IGNORECASE,
)
PERSONAL = re.compile(
    r"(^|_)(client_name|former_name|name_key|legal_representative|phone|email|address|client_no|identifier_value"
    r"|relationship_manager|requested_by|approved_by)($|_)"
)


@pytest.fixture(scope="module")
def described(demo: Warehouse) -> dict[str, Any]:
    return manifest(demo.home)


def layer_of(node: dict[str, Any]) -> str:
    folder = node["fqn"][1]
    if folder == "intermediate":
        # the calendar is the grid's other half: clients by month
        return "identity" if node["fqn"][2] in ("identity", "calendar") else "features"
    return folder


def own_nodes(described: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    nodes = [node for node in described["nodes"].values() if node["resource_type"] == kind]
    assert nodes
    return nodes


def test_generated_files_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "generate_contract.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_contract_is_the_shared_one() -> None:
    shared = SHARED / "contract" / "input_contract.yml"
    if not shared.exists():
        pytest.skip(f"{shared} is not there: nothing to compare with")
    assert (ROOT / "contract" / "input_contract.yml").read_bytes() == shared.read_bytes()


def test_every_contract_table_has_its_models(described: dict[str, Any]) -> None:
    contract = (ROOT / "contract" / "input_contract.yml").read_text(encoding="utf-8")
    tables = re.findall(r"^  (\w+):$", contract.partition("\ntables:")[2], re.MULTILINE)
    assert len(tables) == 27
    models = {node["name"] for node in own_nodes(described, "model")}
    wanted = {f"{prefix}_{table}" for table in tables for prefix in ("inp", "base", "stg")}
    assert wanted <= models, sorted(wanted - models)


def test_no_model_reads_a_later_layer(described: dict[str, Any]) -> None:
    wrong = []
    for node in own_nodes(described, "model"):
        for parent in node["depends_on"]["nodes"]:
            other = described["nodes"].get(parent)
            if other is None or other["resource_type"] != "model":
                continue
            layer, from_layer = layer_of(node), layer_of(other)
            if LAYERS.index(from_layer) > LAYERS.index(layer):
                wrong.append(f"{node['name']} ({layer}) reads {other['name']} ({from_layer})")
            if from_layer == "input" and layer not in ("staging", "quality"):
                wrong.append(f"{node['name']} ({layer}) reads the input")
    assert wrong == []


def test_published_layers_have_enforced_contracts(described: dict[str, Any]) -> None:
    published = [node for node in own_nodes(described, "model") if node["fqn"][1] in PUBLISHED]
    assert [node["name"] for node in published if not node["config"]["contract"]["enforced"]] == []


def test_decimals_are_spelt_out(described: dict[str, Any]) -> None:
    """A bare decimal or numeric changes its precision between engines."""
    bare = [
        f"{node['name']}.{column}"
        for node in own_nodes(described, "model")
        for column, spec in node["columns"].items()
        if re.fullmatch(r"(decimal|numeric|hugeint|double)", spec.get("data_type") or "", re.IGNORECASE)
    ]
    assert bare == []


@pytest.mark.parametrize("kind", ["model", "seed"])
def test_models_and_seeds_are_described(described: dict[str, Any], kind: str) -> None:
    silent = []
    for node in own_nodes(described, kind):
        if not node["description"].strip():
            silent.append(node["name"])
        silent += [
            f"{node['name']}.{name}" for name, column in node["columns"].items() if not column["description"].strip()
        ]
    assert silent == []


def test_every_column_is_listed(described: dict[str, Any], demo: Warehouse) -> None:
    """The relations as they were built against the columns that the YAML describes."""
    sql = "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal"
    built: dict[str, set[str]] = {}
    for relation, column in demo.rows(sql):
        built.setdefault(relation, set()).add(column)
    problems = []
    for node in own_nodes(described, "model") + own_nodes(described, "seed"):
        columns = built[f"{node['schema']}.{node['alias']}"]
        problems += [f"{node['name']}.{column} is not described" for column in sorted(columns - set(node["columns"]))]
        problems += [f"{node['name']}.{column} does not exist" for column in sorted(set(node["columns"]) - columns)]
    assert problems == []


def test_macros_are_described(described: dict[str, Any]) -> None:
    """An implementation behind a dispatch (duckdb__name) is described by the macro that dispatches to it."""
    silent = []
    for macro in described["macros"].values():
        is_own = macro["package_name"] == "lending" and macro["original_file_path"].startswith("macros/")
        if is_own and "__" not in macro["name"] and not macro["description"].strip():
            silent.append(macro["name"])
    assert silent == []


def test_data_tests_are_named(described: dict[str, Any]) -> None:
    """A generated name says nothing about what was checked: every test carries its own, after its model."""
    names = [node["name"] for node in own_nodes(described, "test")]
    assert [name for name in names if "__" not in name] == []


def test_warning_features_are_those_of_the_rules(described: dict[str, Any]) -> None:
    """What a signal may name by contract is what the model computes: another name would be a sign that nobody shows."""
    contract = yaml.safe_load((ROOT / "contract" / "rule_contract.yml").read_text(encoding="utf-8"))
    allowed = contract["lists"]["warning_features"]
    [node] = [node for node in own_nodes(described, "model") if node["name"] == "int_client_warning_feature_month"]
    columns = [column for column in node["columns"] if column.startswith("feature_")]
    assert [f"feature_{name}" for name in allowed] == columns
    # the columns that it has, in their order (test_every_column_is_listed compares with what was built)
    assert re.findall(r"as (feature_\w+)", node["compiled_code"]) == columns


def test_no_clock_and_no_chance() -> None:
    """The same inputs give the same tables on any day: no model or macro asks the time or throws dice."""
    found = []
    for folder in ("models", "macros", "tests/generic"):
        for path in sorted((ROOT / folder).rglob("*.sql")):
            sql = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            for number, line in enumerate(sql.splitlines(), 1):
                if CLOCK.search(line.partition("--")[0]):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_published_tables_hold_no_personal_data(described: dict[str, Any], demo: Warehouse) -> None:
    published = {node["name"]: node for node in own_nodes(described, "model") if node["fqn"][1] in PUBLISHED}
    by_name, by_mark = [], []
    for name, node in published.items():
        by_name += [f"{name}.{column}" for column in node["columns"] if PERSONAL.search(column)]
        for column, spec in node["columns"].items():
            if spec.get("config", {}).get("meta", {}).get("personal_data") or spec.get("meta", {}).get("personal_data"):
                by_mark.append(f"{name}.{column}")
    assert by_name == []
    assert by_mark == []


def test_no_personal_value_is_published(described: dict[str, Any], demo: Warehouse) -> None:
    """No text value of a published table is the name, phone or legal representative of a client of the demo."""
    columns = ["client_name", "former_name", "legal_representative", "phone", "email", "address"]
    personal = {
        value for column in columns for (value,) in demo.rows(f"select distinct {column} from staging.stg_clients")
    }
    personal.discard(None)
    assert len(personal) > 100
    for node in own_nodes(described, "model"):
        if node["fqn"][1] not in PUBLISHED:
            continue
        for column, spec in node["columns"].items():
            if spec.get("data_type") == "varchar":
                sql = f"select distinct {column} from {node['schema']}.{node['alias']}"
                leaked = personal & {value for (value,) in demo.rows(sql)}
                assert not leaked, f"{node['name']}.{column}: {sorted(leaked)[:3]}"


def test_no_machine_paths() -> None:
    """Nothing in the project names a folder of somebody's machine."""
    found = []
    for suffix in ("sql", "py", "yml", "toml", "md", "csv"):
        for path in ROOT.rglob(f"*.{suffix}"):
            relative = path.relative_to(ROOT)
            if relative.parts[0] in ("target", "logs", "warehouse") or relative.parts[0].startswith("."):
                continue
            text = path.read_text(encoding="utf-8")
            if re.search(r"/(home|root|Users|work)/|C:\\Users", text):
                found.append(str(relative))
    assert found == []
