# make run    set up what is missing and open the workbench
# make test   set up what is missing and run every check
# make soak   kill, fill and fuzz at length: minutes to an hour
.PHONY: setup run test soak check lint types imports tests format
.DEFAULT_GOAL := run

PYTHON := .venv/bin/python
STAMP := .venv/.flowscope-ready

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt tools/setup.sh
	@sh tools/setup.sh
	@touch $(STAMP)

run: $(STAMP)
	@$(PYTHON) main.py $(ARGS)

test: $(STAMP)
	@$(MAKE) --no-print-directory check

soak: $(STAMP)
	@FLOWSCOPE_SOAK=1 $(PYTHON) -m pytest -q -rP --timeout=7200 tests/soak

check: lint types imports tests

lint:
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

types:
	@$(PYTHON) -m mypy

imports:
	@.venv/bin/lint-imports --no-cache

tests:
	@$(PYTHON) -m pytest -q

format:
	@$(PYTHON) -m ruff check --fix --silent . || true
	@$(PYTHON) -m ruff format .
