# make demo | test | lint | size | bench | docs | clean.  PYTHON=python3.12 chooses another Python.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
MERMAID := mermaid@10.9.5
MERMAID_SHA256 := 56aa81c2fa6f229f8cd9d8a66f7b2b895ad76db3c3abd9aac11e549204274cd5
# One more than cores, as many tests wait for time to pass.
WORKERS := $(shell expr `nproc` + 1)
BUILD_TOOLS := build-essential autoconf automake libtool python3-dev

.PHONY: help demo test lint size bench docs clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    a real MicroPython talks to a real DTLS server"
	@echo "make test    lint, then all tests"
	@echo "make lint    ruff and mypy"
	@echo "make size    bytes of code, of memory and on the wire"
	@echo "make bench   what handshakes and curves compute, in cycles of a Cortex-M0+"
	@echo "make docs    the documentation, in build/site"
	@echo "make clean   remove what the others made"

demo: $(VENV)/.demo
	@$(BIN)/python -m tools.demo

test: lint $(VENV)/.size
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

size: $(VENV)/.size
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tools.size --check
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tools.board_sizes

docs: $(VENV)/.docs
	@$(BIN)/python -m tools.states
	@PYTHONPATH=ports/cpython:. $(BIN)/mkdocs build --strict

bench: $(VENV)/.bench
	@$(BIN)/python -m tools.bench
	@$(BIN)/python -m tools.bench_kernels --plot docs/images/p256.svg

clean:
	rm -rf $(VENV) build dist *.egg-info tools/wasm/node_modules docs/mermaid.min.js
	rm -rf .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is as old as what was installed for it.

$(VENV)/.demo: pyproject.toml | $(BIN)/pip
	@echo "installing what the demo needs into $(VENV)"
	@$(PIP) --editable ".[demo]"
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/pip
	@echo "installing what the tests need into $(VENV)"
	@$(PIP) --editable ".[dev]"
	@$(PIP) --editable ".[mbedtls]" >$(VENV)/mbedtls.log 2>&1 || \
		echo "no Mbed TLS for Python ($(VENV)/mbedtls.log): the tests against it are skipped"
	@$(PIP) --editable ".[tinydtls]" >$(VENV)/tinydtls.log 2>&1 || \
		echo "tinydtls cannot be built, the tests against it are skipped; to have them:" \
			"sudo apt install $(BUILD_TOOLS) && make clean test"
	@touch $@

$(VENV)/.size: pyproject.toml tools/wasm/package-lock.json | $(BIN)/pip
	@echo "installing what measuring needs into $(VENV)"
	@$(PIP) --editable ".[size,boards]"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --loglevel=error --prefix tools/wasm
	@touch $@

$(VENV)/.docs: Makefile $(VENV)/.dev $(VENV)/.size
	@$(PIP) --editable ".[docs]"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm pack --loglevel=error --pack-destination $(VENV) $(MERMAID) >/dev/null
	@echo "$(MERMAID_SHA256)  $(VENV)/$(subst @,-,$(MERMAID)).tgz" | sha256sum --check --quiet
	@tar -xzf $(VENV)/$(subst @,-,$(MERMAID)).tgz -C docs --strip-components=2 package/dist/mermaid.min.js
	@touch $@

$(VENV)/.bench: $(VENV)/.size
	@$(PIP) --editable ".[bench]"
	@touch $@

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { \
		echo "$(PYTHON) is missing: sudo apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed, and this is $$($(PYTHON) --version 2>&1):" \
			"try make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: sudo apt install python3-venv"; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
