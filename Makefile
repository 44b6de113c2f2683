# Needs Python 3.11 or newer and make; everything else is set up in .venv on the first call.
# Another interpreter: make run PYTHON=/path/to/python3.12

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SCENARIO ?= jiangxi
SEED ?= 0
OUT ?= runs/$(SCENARIO)-$(shell date +%Y%m%d-%H%M%S)
WORKERS ?= 2
HOST ?= 127.0.0.1
PORT ?=
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test test-fast browser lint format bench bench-check dashboard clean distclean
.DELETE_ON_ERROR:

help:
	@echo "make run          simulate Jiangxi, print the indicators, write a report under runs/"
	@echo "                  (SCENARIO=name SEED=n OUT=folder)"
	@echo "make test         every test          make test-fast   without the slow ones"
	@echo "make lint         style and types     make format      put the style right"
	@echo "make bench        speed               make bench-check fails if a bound is not kept"
	@echo "make dashboard    the dashboard, in a browser (HOST=address PORT=n; Ctrl-C ends it)"
	@echo "make clean        remove caches and build folders"
	@echo "make distclean    also remove .venv"

run: $(VENV)/.installed
	@$(BIN)/quotalab run $(SCENARIO) --seed $(SEED) --out $(OUT)

test: $(VENV)/.installed-test browser
	@$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

test-fast: $(VENV)/.installed-test
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(PYTEST_ARGS)

lint: $(VENV)/.installed-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.installed-test
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(VENV)/.installed
	@$(BIN)/python -m benchmarks

bench-check: $(VENV)/.installed
	@$(BIN)/python -m benchmarks --check

dashboard: $(VENV)/.installed-dashboard
	@$(BIN)/quotalab dashboard --address $(HOST) $(if $(PORT),--port $(PORT))

# The tests of the dashboard look at it in a browser: $QUOTALAB_BROWSER, or Chromium or Chrome as it is installed.
browser:
	@for candidate in "$$QUOTALAB_BROWSER" chromium chromium-browser google-chrome; do \
	    if [ -n "$$candidate" ] && command -v "$$candidate" >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    echo "Installing chromium for the tests of the dashboard ..."; \
	    if apt-get update -qq && apt-get install -y -qq chromium >/dev/null && command -v chromium >/dev/null 2>&1; then \
	        exit 0; \
	    fi; \
	fi; \
	echo "No browser was found: the tests that look at the dashboard in one are left out." >&2; \
	echo "Install Chromium (on Debian: apt-get install chromium), or set QUOTALAB_BROWSER to the path of one." >&2; \
	if [ "$$CI" = true ]; then exit 1; fi

clean:
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.*
	@find . -path ./$(VENV) -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' \) -print0 | xargs -0 rm -rf
	@rm -f $(VENV)/.installed $(VENV)/.installed-dashboard $(VENV)/.installed-test

distclean: clean
	@rm -rf $(VENV)

# Stamps: an install is repeated only when what it depends on has changed.

$(VENV)/.created:
	@chosen=""; \
	for candidate in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	        chosen="$$candidate"; break; \
	    fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	    echo "QuotaLab needs Python 3.11 or newer; found none as: $(or $(PYTHON),python3, python3.11 to python3.14, python)." >&2; \
	    echo "Install it, or name it: make $(or $(MAKECMDGOALS),run) PYTHON=/path/to/python3.11" >&2; \
	    exit 1; \
	fi; \
	if ! "$$chosen" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	    echo "$$chosen has no venv module; on Debian and Ubuntu it is the package python3-venv." >&2; \
	    exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "Creating $(VENV) with $$("$$chosen" --version) ..."; \
	    "$$chosen" -m venv --clear $(VENV); \
	fi
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing QuotaLab into $(VENV) (a few minutes the first time) ..."
	@$(PIP) install -c constraints.txt setuptools
	@$(PIP) install -c constraints.txt --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dashboard: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing QuotaLab and its dashboard into $(VENV) (a few minutes the first time) ..."
	@$(PIP) install -c constraints.txt setuptools
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[dashboard]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing QuotaLab and its test tools into $(VENV) (a few minutes the first time) ..."
	@$(PIP) install -c constraints.txt setuptools
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[test]'
	@touch $(VENV)/.installed $(VENV)/.installed-dashboard $@
