# Every target does its own set-up: Python 3.11 or newer and make are all that has to be there.

PYTHON  ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if \
             $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
BIN     := .venv/bin
READY   := .venv/.ready
WORKERS ?= 2
RUN     ?= episode_12345
CMD     ?= python examples/travel_agent.py

# The bundled agent comes with a model of its own; a CMD of yours finds what your environment names.
MODEL    = $(if $(filter file,$(origin CMD)),$(BIN)/python -m replaykit.demo)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench format lock clean record replay diff accept list show

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## the environment in .venv, from locked versions; every other target does it when needed

# An environment that is already there is kept; a broken or half-made one is made anew.
$(READY): pyproject.toml requirements/dev.lock
	@test -n "$(PYTHON)" || { echo "replaykit needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "setting up .venv (once, and after a change of pyproject.toml or the lock)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: $(READY) ## what replaykit does, in under 20 seconds and without a network
	@$(BIN)/replaykit demo

test: $(READY) ## every test (WORKERS=2)
	@$(BIN)/python -m pytest -q -n $(WORKERS)

check: $(READY) ## ruff, mypy and the floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_floors.py

bench: $(READY) ## replaykit beside its peers and the floor
	@$(BIN)/python -m benchmarks

format: $(READY) ## set the code as `make check` wants it
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

record: $(READY) ## make record RUN=episode_12345 CMD="python agent.py"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(MODEL) replaykit record --as $(RUN) -- $(CMD)

replay: $(READY) ## make replay RUN=episode_12345
	@PATH="$(CURDIR)/$(BIN):$$PATH" replaykit replay $(RUN)

diff: $(READY) ## make diff RUN=episode_12345
	@$(BIN)/replaykit diff $(RUN)

accept: $(READY) ## make accept RUN=episode_12345
	@$(BIN)/replaykit accept $(RUN)

list: $(READY) ## the episodes that are there
	@$(BIN)/replaykit list

show: $(READY) ## make show RUN=episode_12345
	@$(BIN)/replaykit show $(RUN)

lock: ## requirements/dev.lock anew, from the newest versions that fit
	@$(PYTHON) -m venv --clear .lock
	@.lock/bin/python -m pip install --quiet --upgrade pip
	@.lock/bin/python -m pip install --quiet --group dev '.[all]'
	@{ echo '# Written by `make lock`: what development and the demo need, with exact versions.'; \
	   .lock/bin/python -m pip freeze --exclude replaykit-llm \
	   | sed "s/^\(backports\.zstd==.*\)/\1 ; python_version < '3.14'/"; } > requirements/dev.lock
	@rm -rf .lock

clean: ## remove what was built; keep episodes and cassettes
	@rm -rf .venv .lock build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
