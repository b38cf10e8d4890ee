# The two commands: `make book` and `make test`.  Everything they need is set up in .venv on first use.
PROFILE ?= laptop
PAPER   ?= all
JOBS    ?= all
PYTHON  ?= $(shell command -v python3.11 || command -v python3)

CORES := $(if $(filter all,$(JOBS)),$(shell getconf _NPROCESSORS_ONLN),$(JOBS))
BIN   := .venv/bin
READY := .venv/.ready
SNAKE  = $(BIN)/snakemake --cores $(CORES) --nolock --rerun-incomplete --rerun-triggers mtime --quiet host --printshellcmds
CONFIG = --config profile=$(PROFILE) paper=$(PAPER)

.PHONY: help book reproduce test roundtrip lint bench clean distclean

help:  ## this list
	@echo "make VERB [PROFILE=laptop|smoke|gpu|paper] [PAPER=all|drml|hybrid] [JOBS=all|N]"; echo
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

book: $(READY)  ## execute the notebooks and build the book: _build/html/index.html
	@$(BIN)/python workflow/offline.py
	@$(SNAKE) book $(CONFIG)
	@echo "Open _build/html/index.html"

reproduce: $(READY)  ## train a paper's runs again and compare them with the reference records
	@$(SNAKE) records $(CONFIG) again=1
	@$(BIN)/python -m aulib compare --paper $(PAPER) --profile $(PROFILE)

test: $(READY)  ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

roundtrip: $(READY)  ## the embedded corpora in BP4D's and DISFA's layouts, a notebook on them, the same numbers
	@$(BIN)/python workflow/round_trip.py --profile smoke

lint: $(READY)  ## ruff and mypy
	@$(BIN)/ruff check . && $(BIN)/mypy

bench: $(READY)  ## measure speed side by side
	@$(BIN)/python benchmarks/run.py

clean:  ## remove built pages (runs and corpora stay)
	rm -rf _build .snakemake

distclean: clean  ## remove everything that was made here, runs, corpora and .venv included
	rm -rf cache runs .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No python3 found: install Python 3.11, or name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $(PYTHON) is older; name another: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv (once, a few minutes) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
