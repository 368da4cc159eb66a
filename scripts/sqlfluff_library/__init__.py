"""Stand-ins for what dbt gives its templates and sqlfluff does not: no database, no graph, default settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2 import Environment, pass_context

_PROJECT = yaml.safe_load((Path(__file__).resolve().parents[2] / "dbt_project.yml").read_text(encoding="utf-8"))

# sqlfluff reads every macro again for every file it lints; compiling them is most of the time of a small file. The code
# of a template depends on its text alone, for the settings are the same for all files of a run.
_compile = Environment.compile
_compiled: dict[tuple[Any, ...], Any] = {}


def _compile_once(environment: Environment, source: Any, *arguments: Any, **options: Any) -> Any:
    key = (type(environment), tuple(sorted(environment.extensions)), source, arguments, tuple(options.items()))
    if not isinstance(source, str):
        return _compile(environment, source, *arguments, **options)
    if key not in _compiled:
        _compiled[key] = _compile(environment, source, *arguments, **options)
    return _compiled[key]


if not getattr(Environment, "compiles_once", False):
    Environment.compile = _compile_once  # type: ignore[method-assign]
    Environment.compiles_once = True


# DuckDB forms that sqlfluff's dialect cannot parse yet, and what stands for them while linting
_UNPARSABLE = {
    "other_columns": lambda *_: "",
    # its brackets are too deep
    "irb_capital": lambda relation, *_: relation,
    "connected_components": lambda *_: "select 1 as node, 1 as component",
    "asof_left_join": lambda relation, alias, equal, comparison: (
        f"left join {relation} as {alias} on {' and '.join(equal)} and {comparison}"
    ),
}


class _Adapter:
    """dispatch finds the DuckDB form of a macro, as dbt does for this project's one engine."""

    @pass_context
    def dispatch(self, context: Any, name: str, package: str | None = None) -> Callable[..., Any]:
        return _UNPARSABLE.get(name) or context.resolve(f"duckdb__{name}")

    def get_relation(self, **_: Any) -> None:
        return None


def _raise(message: str) -> str:
    raise ValueError(message)


def var(name: str, default: Any = None) -> Any:
    """The project's own variables, else the default."""
    return _PROJECT["vars"].get(name, default)


def env_var(name: str, default: str = "") -> str:
    return default


def run_query(sql: str) -> Any:
    return SimpleNamespace(rows=[], columns=[])


adapter = _Adapter()
exceptions = SimpleNamespace(raise_compiler_error=_raise, warn=lambda message: "")
execute = False
flags = SimpleNamespace(WHICH="compile", FULL_REFRESH=False)
graph = SimpleNamespace(nodes={})
modules = SimpleNamespace(re=re)
target = SimpleNamespace(database="build", schema="main", type="duckdb")
fromjson = json.loads
tojson = json.dumps
local_md5 = str
log = print
