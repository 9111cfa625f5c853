# The newcomer's loop. Without make: python3 dev.py setup, sample or test.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup sample test check format bench docs

help:
	@echo "make sample   run the sample pipeline; its lists come in out/"
	@echo "make test     run the tests"
	@echo "make check    all that .ci/run does, in .venv"
	@echo "make format   let ruff mend what it can"
	@echo "make docs     write docs/cli.md and docs/pipeline.schema.json anew"
	@echo "make bench    regpipe against bare DuckDB (PEOPLE=100000)"

setup sample test:
	@$(PYTHON) dev.py $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	$(PYTHON) dev.py test

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/python -m regpipe.cli.reference > docs/cli.md
	$(BIN)/python -c "from pathlib import Path; from regpipe.spec.load import write_json_schema as write; write(Path('docs/pipeline.schema.json'))"

PEOPLE ?= 100000
bench: setup
	$(BIN)/python -m benchmarks --people $(PEOPLE)
