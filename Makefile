# Every target does its own set-up: Python 3.11 or newer and make are all that has to be there.

PYTHON  ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if \
             $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
BIN     := .venv/bin
READY   := .venv/.ready
WORKERS ?= 2
RUN     ?= episode_12345
RUNS    ?= 1
CMD     ?= python examples/travel_agent.py

# What a Chromium may be called, and how a user who is not root installs one without being asked.
CHROMIUM = chromium chromium-browser google-chrome
SUDO     = $(if $(filter-out 0,$(shell id -u)),sudo -n)

# The bundled agent comes with a model of its own; a CMD of yours finds what your environment names.
MODEL    = $(if $(filter file,$(origin CMD)),$(BIN)/python -m replaykit.demo)

.DEFAULT_GOAL := help
.PHONY: help setup demo test browser check bench format lock clean record replay again diff accept list show

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
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

# Without one they are skipped, and say so.
browser: ## the Chromium that the tests of the HTML report drive, from the system's packages
	@for each in $(CHROMIUM); do command -v $$each >/dev/null && exit 0; done; \
	command -v apt-get >/dev/null || { echo "no apt-get here: install Chromium so that it is on the PATH" >&2; exit 1; }; \
	echo "installing Chromium (once)"; \
	{ $(SUDO) apt-get -qq update && $(SUDO) apt-get -qq install -y --no-install-recommends chromium; } >/dev/null \
	|| { echo "Chromium could not be installed: apt-get needs root (sudo make browser) and a network" >&2; exit 1; }

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

again: $(READY) ## make again RUN=episode_12345 RUNS=3
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(MODEL) replaykit record --again $(RUN) --runs $(RUNS)

diff: $(READY) ## make diff RUN=episode_12345
	@$(BIN)/replaykit diff $(RUN)

accept: $(READY) ## make accept RUN=episode_12345 REASON="shorter answers"
	@$(BIN)/replaykit accept $(RUN) $(if $(REASON),--reason "$$REASON")

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
