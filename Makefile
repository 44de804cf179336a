# Everything starts here. A bare `make` lists what there is.

# The Procfile's `python` is ours, also where the machine has none of that name.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

BIN := .venv/bin
READY := .venv/.ready
PIP_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header --no-emit-index-url
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11

.DEFAULT_GOAL := help
.PHONY: help demo run test bench chaos planted check fix schema lock

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "PORT (8000) and DATA_DIR (.data) are yours to set, for every command; DATABASE_URL and"
	@echo "REDIS_URL take the place of the embedded servers."

demo: $(READY) ## go through the whole main job on real servers and check it to the cent
	@$(BIN)/python -m demo

run: $(READY) ## start the same servers and leave them running, with the demo's data
	@$(BIN)/python -m run

test: $(READY) ## run the tests
	@$(BIN)/pytest -n 3 --dist worksteal -q

bench: $(READY) ## measure everything; make bench ONLY=ingest measures one thing
	@$(BIN)/python -m bench $(ONLY)

chaos: $(READY) ## break everything on purpose for SECONDS=120 and say what was lost; SEED=n again
	@$(BIN)/python -m chaos

planted: $(READY) ## plant bugs one at a time and say which the tests catch; ONLY=word for some
	@$(BIN)/python -m tests.planted $(ONLY)

check: $(READY) ## format, lint, types, imports, migrations and statements: all but the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/squawk db/migrations/*.sql
	$(BIN)/pytest -q tests/house/test_distributable.py

fix: $(READY) ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: $(READY) ## write schema/schema.graphql anew from the types
	@$(BIN)/python -m schema > schema/schema.graphql.new
	@mv schema/schema.graphql.new schema/schema.graphql

lock: $(READY) ## resolve the dependencies anew into the two hash-locked files
	$(PIP_COMPILE) pyproject.toml --output-file requirements.lock
	$(PIP_COMPILE) pyproject.toml --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock

# The virtual environment is as new as the lock. One that is there and works is kept; one that was
# left half made, or whose Python has gone, is made anew.
$(READY): requirements-dev.lock
	@if ! $(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		rm -rf .venv; \
		found=; \
		for python in $(PYTHONS); do \
			if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
				2>/dev/null; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "Clickledger needs Python 3.11 or newer, with its venv module: none of" >&2; \
			echo "$(PYTHONS) is one. Install it" >&2; \
			echo "(Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)." >&2; \
			exit 1; \
		fi; \
		echo "Making .venv with $$($$found --version) ..." >&2; \
		$$found -m venv .venv || exit 1; \
	fi
	@echo "Installing the locked dependencies into .venv (about a minute the first time) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements-dev.lock
	@touch $@
