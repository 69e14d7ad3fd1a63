PYTHON ?= python3
PORT ?= 6543
VAR ?= var

BIN := .venv/bin
STAMP := .venv/.made
CONFIG ?= development.ini

# What is started here takes its settings from these; the caller's environment goes first.
run service worker v3-database: export SYSMON_CONFIG ?= $(CONFIG)
run service worker v3-database: export SYSMON_LISTEN ?= 127.0.0.1:$(PORT)
run service worker v3-database: export SYSMON_VAR ?= $(abspath $(VAR))

.PHONY: help run test unit functional plugins live faults bench bench-quick bench-tasks mutants lint docs format venv programs test-programs bench-programs service worker v3-database lock wheel clean

help:            ## this list
	@grep -E '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 22

run: venv programs   ## set everything up and run it: Redis, a worker, the server
	@exec $(BIN)/sysmon start

venv: $(STAMP)   ## the virtual environment .venv, with the pinned dependencies

$(STAMP): requirements.lock setup.py
	@PYTHON=$(PYTHON) scripts/programs.sh venv
	@echo "Making .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --disable-pip-version-check --progress-bar off -r requirements.lock
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

programs:        ## the programs that are run: iostat, uptime, vmstat, redis-server
	@scripts/programs.sh iostat uptime vmstat redis-server

test-programs: programs   ## what tests run besides: PostgreSQL, nginx, systemd-analyze
	@scripts/programs.sh postgres nginx openssl systemd-analyze

bench-programs: programs   ## what benchmarks run besides: wrk, node_exporter, PostgreSQL
	@scripts/programs.sh wrk prometheus-node-exporter postgres

service: venv    ## the HTTP server alone, on $(PORT)
	@exec $(BIN)/sysmon serve

worker: venv     ## a Dramatiq worker alone
	@exec $(BIN)/sysmon worker

v3-database: venv   ## create or migrate the users' database
	@$(BIN)/sysmon database upgrade

test: venv test-programs   ## every test
	@$(BIN)/pytest --numprocesses 2 --dist loadfile

unit functional plugins live: venv test-programs   ## one kind of them
	@$(BIN)/pytest tests/$@

faults: venv programs   ## the faults of workers and of Redis, injected; they wait more than they work
	@$(BIN)/pytest -m faults --numprocesses 3 --dist worksteal tests/faults

bench: venv bench-programs   ## what users feel, side by side with every peer; twenty minutes at most
	@$(BIN)/python benchmarks/web.py --out benchmarks/RESULTS.md --plot benchmarks/RESULTS.svg

bench-quick: venv bench-programs   ## a look at it in two minutes, which writes nothing
	@$(BIN)/python benchmarks/web.py --quick

bench-tasks: venv programs   ## tasks side by side with the classic way, Flask and Celery
	@$(BIN)/python benchmarks/tasks.py --out benchmarks/RESULTS-tasks.md

# It is no part of the lock: nothing else needs it.
mutants: venv    ## change the policy and the validators in all ways, and see that a test notices
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-build-isolation --editable '.[mutants]'
	@$(BIN)/mutmut run --max-children 2
	@$(BIN)/mutmut results

lint: venv       ## ruff and mypy, strict
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

docs: venv       ## renew the reference in docs/plugins.md from the docstrings
	@$(BIN)/python docs/reference.py

format: venv     ## let ruff mend what it can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

# With the oldest Python there is: 3.11.2 of Debian 12 needs a backport that later ones do not.
lock:            ## renew requirements.lock from the ranges in setup.py
	@rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/pip install --disable-pip-version-check --quiet --upgrade --editable '.[dev,docs,postgresql]'
	@{ echo '# What `make venv` installs; renewed by `make lock` from the ranges in setup.py.'; \
	   .venv/lock/bin/pip --disable-pip-version-check freeze --all --exclude-editable --exclude pip; } > requirements.lock
	@rm -rf .venv/lock

wheel: venv      ## build the distribution into dist/
	@$(BIN)/pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:           ## remove what was made here, but not var/
	@rm -rf .venv .venv-bench build dist mutants sysmon.egg-info
