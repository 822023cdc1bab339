# make run    set up what is missing and open the workbench
# make test   set up what is missing and run every check
# make soak   for hours of doubt: random hands on the window, kills, full disks, broken files; SECONDS=60 SEED=7
.PHONY: setup run test check lint types imports tests soak format
.DEFAULT_GOAL := run

PYTHON := .venv/bin/python
# A hundred processes are started by the tests: what one has compiled the others take, also where this is turned off.
export PYTHONDONTWRITEBYTECODE :=
STAMP := .venv/.flowscope-ready

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt tools/setup.sh
	@sh tools/setup.sh
	@touch $(STAMP)

run: $(STAMP)
	@$(PYTHON) main.py $(ARGS)

test: $(STAMP)
	@$(MAKE) --no-print-directory check

check: lint types imports tests

lint:
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

types:
	@$(PYTHON) -m mypy

imports:
	@.venv/bin/lint-imports --no-cache

tests:
	@$(PYTHON) -m pytest -q -n 2 --dist worksteal

SECONDS := 1200

soak: $(STAMP)
	@FLOWSCOPE_SOAK=1 $(PYTHON) -m pytest -q -rP --timeout=7200 tests/soak
	@$(if $(DISPLAY),,xvfb-run -a -s "-screen 0 1600x1000x24") $(PYTHON) -m tests.soak.monkey --seconds $(SECONDS) \
	  $(if $(SEED),--seed $(SEED))

format:
	@$(PYTHON) -m ruff check --fix --silent . || true
	@$(PYTHON) -m ruff format .
