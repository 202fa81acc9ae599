# `make run` and `make test` need Python 3.11 or newer, make and git; everything else they install into .venv/.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PORT

.PHONY: run test bench lint format lock clean

run: $(VENV)/.run .env
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py seed
	@printf '\nThe site:        http://127.0.0.1:%s/\n' '$(PORT)'
	@printf 'Its admin:       http://127.0.0.1:%s/admin/\n' '$(PORT)'
	@printf 'A moderator:     %s/python manage.py createsuperuser\n\n' '$(BIN)'
	@exec $(BIN)/granian --interface wsgi --host 127.0.0.1 --port $(PORT) --workers 1 --blocking-threads 2 --workers-kill-timeout 2 --no-access-log events_site.wsgi:application

test: $(VENV)/.dev
	@$(BIN)/python tests/run.py

# KEEP=1 leaves the filled databases for the next run.
bench: FEW ?= 10000
bench: MANY ?= 1000000
bench: $(VENV)/.dev
	@$(BIN)/python tests/bench.py $(FEW) $(MANY) $(if $(KEEP),--keep)

lint: export DEBUG = true
lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# One lock: uv.lock is the truth, the requirements files are exported from it for pip.
lock:
	uv lock
	uv export --quiet --no-dev --no-annotate -o requirements.txt
	uv export --quiet --no-annotate -o requirements-dev.txt

clean:
	rm -rf $(VENV) var .env

# Settings of this checkout: a secret of its own and this machine's addresses. Never overwritten.
.env:
	@umask 077 && $(PYTHON) -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(50))' > $@
	@echo 'ALLOWED_HOSTS=127.0.0.1,localhost,[::1]' >> $@

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed. Name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@ $(VENV)/.run
