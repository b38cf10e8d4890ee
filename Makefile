# The two commands: `make book` and `make test`.  Everything they need is set up in .venv on first use.
PROFILE ?= laptop
PAPER   ?= all
JOBS    ?= all
PYTHON  ?= $(shell command -v python3.11 || command -v python3)

# What can be given; workflow/setup.sh checks it before anything is installed, and a test compares it with aulib.
PROFILES := laptop smoke gpu paper
PAPERS   := all corpora drml hybrid
OPTIONS  := PROFILE PAPER JOBS PYTHON TORCH_INDEX
UNKNOWN  := $(filter-out $(OPTIONS) AULIB_%,$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name))))
export PROFILE PAPER JOBS PYTHON TORCH_INDEX PROFILES PAPERS OPTIONS UNKNOWN

# Programs are started as modules: their scripts in .venv/bin name one place, and not every path fits into them.
PY     := .venv/bin/python
CORES   = $(if $(filter all,$(JOBS)),$(shell getconf _NPROCESSORS_ONLN),$(JOBS))
SNAKE   = PYTHONPATH="workflow/plugins$${PYTHONPATH:+:$$PYTHONPATH}" $(PY) -m snakemake --logger short --cores $(CORES) \
          --nolock --rerun-incomplete --rerun-triggers mtime --config profile=$(PROFILE) paper=$(PAPER)

.PHONY: help ready book reproduce test roundtrip lint bench clean distclean

help:  ## this list
	@echo "make VERB [PROFILE=$(subst $() ,|,$(PROFILES))] [PAPER=$(subst $() ,|,$(PAPERS))] [JOBS=all|N] [TORCH_INDEX=cpu]"; echo
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12
	@echo; sed -n 's/^#: *//p' workflow/setup.sh

book: ready  ## execute the notebooks and build the book: _build/html/index.html
	@$(PY) workflow/offline.py
	@$(SNAKE) -- book
	@echo "Open _build/html/index.html"

reproduce: ready  ## train a paper's runs again and compare them with the reference records
	@$(SNAKE) again=1 -- records
	@$(PY) -m aulib compare --paper $(PAPER) --profile $(PROFILE)

test: ready  ## run the tests
	@$(PY) -m pytest -n 2 --dist loadfile

roundtrip: ready  ## the embedded corpora in BP4D's and DISFA's layouts, a notebook on them, the same numbers
	@$(PY) workflow/round_trip.py --profile smoke

lint: ready  ## ruff and mypy
	@$(PY) -m ruff check . && $(PY) -m mypy

bench: ready  ## measure speed side by side
	@$(PY) benchmarks/run.py

clean:  ## remove built pages (runs and corpora stay)
	rm -rf _build .snakemake

distclean: clean  ## remove everything that was made here, runs, corpora and .venv included
	rm -rf cache runs .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

ready:
	@bash workflow/setup.sh

.DEFAULT:
	@echo "error: make knows no verb $@"; echo; $(MAKE) --no-print-directory help; exit 2
