# serve test lint check bench docs lock: the words that CI says too.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
QUADS ?= 10000 1000000
BIN := .venv/bin
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q

.PHONY: serve test lint check contract bench build lock vendor promise clean
.DEFAULT_GOAL := help

help:
	@echo "make serve   set up, build the release if needed, serve on http://$(HOST):$(PORT)"
	@echo "make test    set up with the test extras, run lint and the whole suite"
	@echo "make check   all checks on seeds, ontology and questions"
	@echo "make lint    ruff and mypy"
	@echo "make bench   benchmarks (not part of the tests)"
	@echo "make contract  REST by its own document, thousands of cases against a server at http://$(HOST):$(PORT)"
	@echo "make lock    make the lock files anew (needs uv)"
	@echo "make vendor  take the browser's scripts and styles from npm again, by their lock (needs npm)"
	@echo "make promise keep the list of names that this version gives out"

$(BIN)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(BIN)/.test: requirements-test.lock $(BIN)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

build: $(BIN)/.runtime
	$(BIN)/avidity build

# serve builds the release itself when it is missing or stale.
serve: $(BIN)/.runtime
	$(BIN)/avidity serve --host $(HOST) --port $(PORT)

test: $(BIN)/.test lint
	$(BIN)/python -m pytest

lint: $(BIN)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

contract: $(BIN)/.test
	$(BIN)/schemathesis run http://$(HOST):$(PORT)/api/openapi.json --checks all --max-examples 50

check: $(BIN)/.runtime
	$(BIN)/avidity check

# QUADS="10000 1000000" for other sizes; AVIDITY_BENCH_RDFLIB=/path/to/rdflib-endpoint to have that too.
bench: $(BIN)/.test
	$(BIN)/python benchmarks/first_answer.py
	$(BIN)/python benchmarks/cached.py --release build/release
	$(BIN)/python benchmarks/rest.py --release build/release
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python -m benchmarks.stores $(QUADS)

lock:
	for extra in "" test; do \
	  $(COMPILE) pyproject.toml $${extra:+--extra $$extra} -o requirements$${extra:+-$$extra}.lock; \
	done
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	  $(COMPILE) --constraint requirements-test.lock - -o requirements-build.lock
	sed -i '1i # Made by `make lock`; hashes only, no index: pip uses whichever registry it is set up for.' requirements.lock requirements-test.lock requirements-build.lock

# What browsers get is committed; this only fetches it again.
vendor:
	$(PYTHON) tools/vendor.py

# Before a version is published: keep the list of names that it gives out (avidity check --only released).
promise: $(BIN)/.runtime
	$(BIN)/python -m avidity_loaders.released > build/promised.txt
	mv build/promised.txt ontology/released/$$($(BIN)/python -c 'from importlib.metadata import version; print(version("avidity"))').txt

clean:
	rm -rf .venv build dist
