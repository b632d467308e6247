# Two commands: `make demo` and `make test`. Everything they need is installed into .venv and the user's cache.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
READY_TO_TEST := $(VENV)/ready-to-test
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
SIM = $(if $(N),--count $(N)) $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(JOBS),--jobs $(JOBS))
CHAOS = $(if $(N),--kills $(N)) $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(BROKEN),--broken $(BROKEN))
DEMO = $(if $(ITEMS),--items $(ITEMS)) $(if $(KEEP),--keep)

.PHONY: demo test check sim chaos bench guide docs clean

demo: $(READY)  ## deploys an example twice under live traffic, and proves that nothing was lost
	@$(BIN)/verdigris demo $(DEMO)

test: check  ## all checks and all tests, in two processes; with ARGS: those, in one
	@$(BIN)/python -m pytest $(or $(ARGS),--numprocesses 2)

check: $(READY_TO_TEST)  ## style and types
	@$(BIN)/ruff check --quiet && $(BIN)/ruff format --check --quiet && $(BIN)/mypy

sim: $(READY_TO_TEST)  ## deployments in a simulated world, N of them from SEED on
	@$(BIN)/python -m verdigris.testing.simulation $(SIM)

chaos: $(READY_TO_TEST)  ## real deploys, N of them killed at random moments, in rounds from SEED on
	@$(BIN)/python -m tests.chaos $(CHAOS)

bench: $(READY_TO_TEST)  ## cost of an item, as ratios, into build/bench.json
	@$(BIN)/python -m bench $(ARGS)

guide: $(READY_TO_TEST)  ## the whole guide of examples/dawson, as one test that prints its steps
	@$(BIN)/python -m pytest -q -s tests/acceptance/test_guide.py $(ARGS)

docs: $(READY)  ## rewrites the generated parts of the documentation
	@$(BIN)/python -m verdigris.config.schema && $(BIN)/python -m verdigris.cli.reference && $(BIN)/python -m verdigris.migrations.lint.reference && $(BIN)/python -m tests.docs.diagram && $(BIN)/python -m tests.docs.sequences

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Making a virtual environment failed. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) …"
	@$(INSTALL) --editable '.[local]'
	@touch $@

$(READY_TO_TEST): $(READY)
	@$(INSTALL) --editable '.[local,dev]'
	@touch $@

clean:  ## removes what make made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
