# make build   sets up .venv and runs the main job: dbt build on LENDING_INPUT (the demo by default), then publication
# make test-bi  BI readers and Superset against SQL (Debian packages: docs/bi.md); make superset starts one to look at
# make test    sets up .venv and runs every test: lint, build with data tests, unit tests, pytest
# make dashboard   the dashboard over the published copy, on this machine only (builds it first where there is none)
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export LENDING_HOME ?= warehouse
export DBT_PROFILES_DIR ?= .

$(READY): requirements.txt
	rm -rf $(VENV)
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements.txt
	$(BIN)/python -m compileall -q $(VENV)/lib || true
	touch $(READY)

.PHONY: setup build test lint bench docs example-sba clean
setup: $(READY)

build: $(READY)
	$(BIN)/python scripts/build.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --processes 2 models tests analyses
	$(BIN)/python scripts/generate_contract.py --check
	$(BIN)/python scripts/generate_segment_docs.py --check

test: $(READY) lint
	$(BIN)/python -m pytest tests/python -n 2 --dist loadfile --no-loadscope-reorder

bench: $(READY)
	$(BIN)/python bench/run_benchmarks.py
	$(BIN)/python bench/planted_effects.py

example-sba: $(READY)
	$(BIN)/python examples/sba/run.py

docs: $(READY)
	$(BIN)/dbt docs generate --static

clean:
	rm -rf target logs $(VENV) $(BI_VENV)

.PHONY: example-cumcm example-ibrd
example-cumcm: $(READY)
	$(BIN)/python examples/cumcm_sme/run.py

example-ibrd: $(READY)
	$(BIN)/python examples/ibrd_projects/run.py

# Superset and the other BI readers, in an environment of their own (superset/requirements.txt)
BI_VENV := .venv-superset
BI_READY := $(BI_VENV)/.ready
$(BI_READY): superset/requirements.txt
	rm -rf $(BI_VENV)
	$(PYTHON) -m venv $(BI_VENV)
	$(BI_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement superset/requirements.txt
	$(BI_VENV)/bin/python -m compileall -q $(BI_VENV)/lib || true
	touch $(BI_READY)

.PHONY: superset test-bi
superset: $(BI_READY)
	$(BI_VENV)/bin/python superset/server.py

# the limit ends it as Ctrl-C does, so that the server is stopped
test-bi: $(READY) $(BI_READY)
	timeout --signal=INT --kill-after=60 1500 $(BI_VENV)/bin/python -m pytest tests/bi

# The dashboard has an environment of its own; its browser tests add to it. Settings: docs/dashboard.md.
DASHBOARD := .venv-dashboard
DASHBOARD_BIN := $(DASHBOARD)/bin
DASHBOARD_READY := $(DASHBOARD)/.ready
DASHBOARD_TEST_READY := $(DASHBOARD)/.ready-test

$(DASHBOARD_READY): dashboard/requirements.txt
	rm -rf $(DASHBOARD)
	$(PYTHON) -m venv $(DASHBOARD)
	$(DASHBOARD_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement dashboard/requirements.txt
	$(DASHBOARD_BIN)/python -m compileall -q $(DASHBOARD)/lib || true
	touch $(DASHBOARD_READY)

$(DASHBOARD_TEST_READY): $(DASHBOARD_READY) tests/dashboard/requirements.txt
	$(DASHBOARD_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement tests/dashboard/requirements.txt
	touch $(DASHBOARD_TEST_READY)

.PHONY: dashboard test-dashboard screenshots published
published:
	test -e $(LENDING_HOME)/published/lending.duckdb || $(MAKE) build

dashboard: $(DASHBOARD_READY) published
	$(DASHBOARD_BIN)/python dashboard/app.py

test-dashboard: $(DASHBOARD_TEST_READY) published
	$(DASHBOARD_BIN)/python -m pytest tests/dashboard

screenshots: $(DASHBOARD_TEST_READY) published
	$(DASHBOARD_BIN)/python scripts/dashboard_screenshots.py

# What would other rules change? The answer lies in LENDING_HOME/what_if; today's warehouse is only read (docs/policy-owner.md).
.PHONY: what-if
what-if: $(READY)
	@test -n "$(RULES)" || { echo "Give the folder of rules: make what-if RULES=<folder>"; exit 2; }
	$(BIN)/python scripts/what_if.py "$(RULES)"
