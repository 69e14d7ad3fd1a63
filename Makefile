PYTHON ?= python3
PORT ?= 6543
VAR ?= var

BIN := .venv/bin
STAMP := .venv/.made
CONFIG ?= development.ini

# The settings of what is started here; variables of the environment go first.
run service worker v3-database: export SYSMON_CONFIG ?= $(CONFIG)
run service worker v3-database: export SYSMON_LISTEN ?= 127.0.0.1:$(PORT)
run service worker v3-database: export SYSMON_VAR ?= $(abspath $(VAR))

.PHONY: help run test unit functional plugins live faults bench bench-quick bench-tasks mutants lint docs format venv programs test-programs bench-programs service worker v3-database lock wheel clean

help:            ## print this list
	@grep -E '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 22

run: venv programs   ## set everything up and run it: Redis, a worker, the server
	@exec $(BIN)/sysmon start

venv: $(STAMP)   ## make the virtual environment .venv, with the pinned dependencies

$(STAMP): requirements.lock setup.py
	@PYTHON=$(PYTHON) scripts/programs.sh venv
	@echo "Making .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --disable-pip-version-check --progress-bar off -r requirements.lock
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

programs:        ## install the programs that sysmon runs: iostat, uptime, vmstat, redis-server
	@scripts/programs.sh iostat uptime vmstat redis-server

test-programs: programs   ## install those that tests run: PostgreSQL, nginx, systemd-analyze
	@scripts/programs.sh postgres nginx openssl systemd-analyze

bench-programs: programs   ## install those that benchmarks run: wrk, node_exporter, PostgreSQL
	@scripts/programs.sh wrk prometheus-node-exporter postgres

service: venv    ## run the HTTP server alone, on $(PORT)
	@exec $(BIN)/sysmon serve

worker: venv     ## run a Dramatiq worker alone
	@exec $(BIN)/sysmon worker

v3-database: venv   ## create or migrate the users' database
	@$(BIN)/sysmon database upgrade

test: venv test-programs   ## run every test
	@$(BIN)/pytest --numprocesses 2 --dist loadfile

unit functional plugins live: venv test-programs   ## run one kind of tests
	@$(BIN)/pytest tests/$@

faults: venv programs   ## inject faults into workers and Redis; takes minutes
	@$(BIN)/pytest -m faults --numprocesses 3 --dist worksteal tests/faults

bench: venv bench-programs   ## measure HTTP beside other servers; twenty minutes at most
	@$(BIN)/python benchmarks/web.py --out benchmarks/RESULTS.md --plot benchmarks/RESULTS.svg

bench-quick: venv bench-programs   ## the same in two minutes, without writing results
	@$(BIN)/python benchmarks/web.py --quick

bench-tasks: venv programs   ## measure tasks beside Flask and Celery
	@$(BIN)/python benchmarks/tasks.py --out benchmarks/RESULTS-tasks.md

# mutmut is not in requirements.lock: no other target needs it.
mutants: venv    ## mutation tests of the policy and the validators
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-build-isolation --editable '.[mutants]'
	@$(BIN)/mutmut run --max-children 2
	@$(BIN)/mutmut results

lint: venv       ## check with ruff and mypy, strict
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

docs: venv       ## update the reference in docs/plugins.md from the docstrings
	@$(BIN)/python docs/reference.py

format: venv     ## format, and fix what ruff can fix
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

# Run it with Python 3.11.2 of Debian 12, which needs a backport that later ones do not.
lock:            ## update requirements.lock from the ranges in setup.py
	@rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/pip install --disable-pip-version-check --quiet --upgrade --editable '.[dev,docs,postgresql]'
	@{ echo '# What `make venv` installs; updated by `make lock` from the ranges in setup.py.'; \
	   .venv/lock/bin/pip --disable-pip-version-check freeze --all --exclude-editable --exclude pip; } > requirements.lock
	@rm -rf .venv/lock

wheel: venv      ## build the distribution into dist/
	@$(BIN)/pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:           ## remove everything that make made, but not var/
	@rm -rf .venv .venv-bench build dist mutants sysmon.egg-info
