PYTHON ?= python3
PORT ?= 6543
VAR ?= var

# Python by its module, not the scripts beside it: their first line cannot name every path.
BIN := .venv/bin
RUN := $(BIN)/python -P -m
STAMP := .venv/.made
CONFIG ?= development.ini

# .venv has absolute paths, and packages of one interpreter: where the checkout was copied or
# renamed, or the interpreter upgraded or removed, it is made anew.
IDENTITY := $(BIN)/python -I -c 'import sys, sysconfig; print(sys.prefix, sysconfig.get_config_var("SOABI"))'
STALE := $(shell [ "$$($(IDENTITY) 2>/dev/null)" = "$$(cat $(STAMP) 2>/dev/null)" ] || echo stale)

# What was exported for other programs reaches neither our interpreter nor, where it says into which
# place to install, our pip; PIP_USER goes before pip.conf.
unexport $(filter-out PYTHON,$(filter PYTHON%,$(.VARIABLES)))
unexport PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The settings of what is started here; variables of the environment go first. make would split a
# path at its spaces, and expand its dollars: paths are passed as they are.
run service worker v3-database: export SYSMON_CONFIG ?= $(value CONFIG)
run service worker v3-database: export SYSMON_LISTEN ?= 127.0.0.1:$(value PORT)
run service worker v3-database: export SYSMON_VAR ?= $(value VAR)

.PHONY: stale help run test unit functional plugins live browser browser-programs faults bench bench-quick bench-tasks bench-v4 bench-page mutants lint docs docs-examples format venv programs test-programs bench-programs service worker v3-database lock wheel clean

help:            ## print this list
	@grep -E '^[a-z0-9-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 22

run: venv programs   ## set everything up and run it: Redis, a worker, the server
	@exec $(RUN) sysmon_core start

venv: $(STAMP)   ## make the virtual environment .venv, with the pinned dependencies

$(STAMP): requirements.lock setup.py $(STALE)
	@PYTHON="$(PYTHON)" scripts/programs.sh venv
	@echo "Making .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(RUN) pip install --progress-bar off -r requirements.lock
	@$(RUN) pip install --quiet --no-deps --no-build-isolation --editable .
	@$(IDENTITY) >$(STAMP)

stale: ;

programs:        ## install the programs that sysmon runs: iostat, uptime, vmstat, redis-server
	@scripts/programs.sh iostat uptime vmstat redis-server

test-programs: programs   ## install those that tests run: PostgreSQL, nginx, systemd-analyze
	@scripts/programs.sh postgres nginx openssl systemd-analyze

browser-programs:   ## install the browser that tests drive; without it they are skipped
	@scripts/programs.sh chromium || echo "The tests of the pages are skipped." >&2

bench-programs: programs   ## install those that benchmarks run: wrk, node_exporter, PostgreSQL
	@scripts/programs.sh wrk prometheus-node-exporter postgres

service: venv    ## run the HTTP server alone, on $(PORT)
	@exec $(RUN) sysmon_core serve

worker: venv     ## run a Dramatiq worker alone
	@exec $(RUN) sysmon_core worker

v3-database: venv   ## create or migrate the users' database
	@$(RUN) sysmon_core database upgrade

test: venv test-programs browser-programs   ## run every test
	@$(RUN) pytest --numprocesses 2 --dist loadfile --ignore tests/browser
	@$(RUN) pytest tests/browser  # by themselves: a browser keeps two processors busy

browser: venv test-programs browser-programs   ## run the tests of the pages in a real browser
	@$(RUN) pytest tests/browser

unit functional plugins live: venv test-programs   ## run one kind of tests
	@$(RUN) pytest tests/$@

faults: venv programs   ## inject faults into workers and Redis; takes minutes
	@$(RUN) pytest -m faults --numprocesses 3 --dist worksteal tests/faults

bench: venv bench-programs   ## measure HTTP beside other servers; twenty minutes at most
	@$(BIN)/python benchmarks/web.py --out benchmarks/RESULTS.md --plot benchmarks/RESULTS.svg

bench-quick: venv bench-programs   ## the same in two minutes, without writing results
	@$(BIN)/python benchmarks/web.py --quick

bench-tasks: venv programs   ## measure tasks beside Flask and Celery
	@$(BIN)/python benchmarks/tasks.py --out benchmarks/RESULTS-tasks.md

bench-v4: venv programs bench-programs   ## measure rows, polls and memory of version 4; two minutes
	@$(BIN)/python benchmarks/v4.py --out benchmarks/RESULTS-v4.md

bench-page: venv programs bench-programs browser-programs   ## measure the page in a browser; a minute
	@$(BIN)/python benchmarks/page.py --out benchmarks/RESULTS-page.md

# mutmut is not in requirements.lock: no other target needs it.
mutants: venv    ## mutation tests of the policy and the validators
	@$(RUN) pip install --quiet --no-build-isolation --editable '.[mutants]'
	@$(RUN) mutmut run --max-children 2
	@$(RUN) mutmut results

lint: venv       ## check with ruff and mypy, strict
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(RUN) mypy

docs: venv       ## update the references in docs/plugins.md and docs/api.md from the code
	@$(BIN)/python docs/reference.py
	@$(BIN)/python docs/api_reference.py

docs-examples: venv programs   ## update the outputs in docs/api.md: run its commands on a sysmon
	@$(BIN)/python docs/api_examples.py

format: venv     ## format, and fix what ruff can fix
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

# Run it with Python 3.11.2 of Debian 12, which needs a backport that later ones do not.
lock:            ## update requirements.lock from the ranges in setup.py
	@rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/python -m pip install --quiet --upgrade --editable '.[dev,docs,postgresql]'
	@{ echo '# What `make venv` installs; updated by `make lock` from the ranges in setup.py.'; \
	   .venv/lock/bin/python -m pip freeze --all --exclude-editable --exclude pip; } > requirements.lock
	@rm -rf .venv/lock

wheel: venv      ## build the distribution into dist/
	@$(RUN) pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:           ## remove everything that make made, but not var/
	@rm -rf .venv .venv-bench build dist mutants sysmon.egg-info
