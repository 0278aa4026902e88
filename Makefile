# From a bare machine with Python 3.11 and make; `make run` shows the product, `make test check` prove it.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
APPS := cannonworks journal accounts relations finance audits processors rights breaches retention backups board
PO := $(wildcard locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
HOLD := $(BIN)/python -m cannonworks.embedded hold
LOCK := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml

export PATH := $(CURDIR)/$(BIN):$(PATH)
# The tests start a hundred processes: each would read all source files anew if none of them kept what it compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench clauses screenshots lighthouse messages lock clean
.DEFAULT_GOAL := run

# The servers live as long as all of this, not a start and a stop for each step. Ctrl-C stops all of it.
run: $(VENV)/run.stamp $(MO)
	@exec $(HOLD) sh -c 'python manage.py migrate --verbosity 0 && python manage.py demo \
		&& python manage.py apply_retention && python manage.py demo --sign-in && exec honcho start'

test: $(VENV)/dev.stamp $(MO)
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: $(VENV)/dev.stamp $(MO)
	ruff check .
	ruff format --check .
	$(HOLD) sh -c 'mypy $(APPS) && python manage.py makemigrations --check --dry-run \
		&& python manage.py messages --check && python manage.py spectacular --fail-on-warn --validate --file /dev/null'
	lint-imports
	@echo "manage.py check --deploy, with settings like production's"
	@set -a && eval "$$($(BIN)/python -m cannonworks.secrets)" \
		&& DATABASE_URL=postgresql://app@db/x DATABASE_OWNER_URL=postgresql://owner@db/x REDIS_URL=redis://cache/0 EMAIL_URL=dummymail:// SECURE=true \
		ALLOWED_HOSTS=cannonworks.example $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m tests.clauses

bench: $(VENV)/dev.stamp $(MO)
	@$(HOLD) python -m bench $(ARGS)

clauses: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.clauses

screenshots: $(VENV)/dev.stamp $(MO)
	@$(HOLD) python -m tests.screenshots $(ARGS)

# Asks npm for Lighthouse, once; nothing else here does.
lighthouse: $(VENV)/dev.stamp $(MO)
	@$(HOLD) python -m tests.lighthouse $(ARGS)

# Collect the texts to translate; their translations are compiled whenever they are needed.
messages: $(VENV)/dev.stamp
	@$(HOLD) python manage.py messages

# Newest versions within pyproject.toml, for every platform; the smaller sets are subsets of the largest.
lock: $(VENV)/dev.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(LOCK) --upgrade --extra embedded --extra dev --output-file requirements/dev.txt
	$(LOCK) --constraint requirements/dev.txt --output-file requirements/base.txt
	$(LOCK) --constraint requirements/dev.txt --extra embedded --output-file requirements/run.txt

clean:
	rm -rf $(VENV) $(MO) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache staticfiles

$(BIN)/pip:
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) -m venv does not work here: \
	install Python 3.11 with its venv module (Debian: python3.11-venv), or set PYTHON." >&2; exit 1; }

$(VENV)/run.stamp: requirements/run.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# What is needed to develop includes what is needed to run.
$(VENV)/dev.stamp: requirements/dev.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $(VENV)/run.stamp $@

%.mo: %.po | $(VENV)/run.stamp
	@$(BIN)/pybabel --quiet compile --use-fuzzy --input-file $< --output-file $@
