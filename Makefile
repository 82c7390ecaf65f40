# Every target does its own set-up; nothing but Python 3.11 or later is needed beforehand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.astrid-setup

.PHONY: setup demo test slow check bench docs app clean
.DELETE_ON_ERROR:

setup: $(STAMP)

# torch first and alone: later resolutions then keep the build that is there.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt torch
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	touch $@

demo: $(STAMP)
	$(BIN)/astrid demo --out runs/demo

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

# What `make test` leaves out; PART="tests/real" runs a part of it.
slow: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow $(PART)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.docs_are_current

bench: $(STAMP)
	$(BIN)/python -m benchmarks.run

docs: $(STAMP)
	$(BIN)/mkdocs build --strict --quiet

app: $(STAMP)
	@echo "astrid: the web app is not there yet; see the README's feature table" >&2; exit 2

clean:
	rm -rf $(VENV) site
