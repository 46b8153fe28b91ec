# The targets a newcomer needs: `make demo` (see it work) and `make test` (prove it).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8360
SERVE ?= --serve
WORKERS ?= 2
TEMPLATE ?= shopflow
DEMO ?= $(if $(filter shopflow,$(TEMPLATE)),demo,demo-$(TEMPLATE))

.PHONY: help demo demo-live test test-full check bench docs lock clean

help: ## Show the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/c360: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "customer360 needs Python 3.11 or newer; set PYTHON=/path/to/python3.11."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(BIN)/pytest: $(BIN)/c360 requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

demo: $(BIN)/c360 ## Install, build a demo and serve http://127.0.0.1:8360 (TEMPLATE=complete_journey, PORT=, SERVE=--no-serve).
	$(BIN)/c360 demo $(DEMO) --template $(TEMPLATE) --port $(PORT) $(SERVE)

demo-live: $(BIN)/pytest ## Build ShopFlow from a PostgreSQL and a MongoDB-wire server, yours or started for it.
	$(BIN)/c360 demo demo-live --live --port $(PORT) $(SERVE)

test: $(BIN)/pytest ## Run the test suite on sampled sizes (real PostgreSQL and browser included).
	@sh scripts/install_browser.sh
	@sh scripts/install_java.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not full" -q

test-full: $(BIN)/pytest ## Run the test suite with its large cases whole.
	@sh scripts/install_browser.sh
	@sh scripts/install_java.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -q

check: $(BIN)/pytest ## Lint, format check, types, import rules, generated docs up to date.
	$(BIN)/ruff check src tests scripts benchmarks
	$(BIN)/ruff format --check src tests scripts benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate_docs.py --check

bench: $(BIN)/pytest ## Measure speed as ratios against named baselines; prints the bench page.
	$(BIN)/python -m benchmarks

docs: $(BIN)/c360 ## Write the reference pages from the code.
	$(BIN)/python scripts/generate_docs.py

lock: ## Pin the tested versions again (needs uv).
	uv pip compile --quiet --no-header --no-annotate --extra demo --extra test pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --no-header --no-annotate --extra demo -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## Remove the environment and the demo.
	rm -rf $(VENV) demo demo-*
