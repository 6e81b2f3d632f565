# Two commands are enough: `make demo` and `make test`. Each does all the set-up it needs.
.PHONY: demo test check lint setup setup-test soak clean

demo: setup
	rm -rf consentry-demo
	.venv/bin/consentry --home consentry-demo demo

test: setup-test check
	tools/with-postgres.sh .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup-test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/bandit -q -ll -c pyproject.toml -r ingest ocr matching review_queue access store consentry
	.venv/bin/python tools/check_dependencies.py

soak: setup-test
	tools/with-postgres.sh .venv/bin/python -m pytest -m soak -p no:cacheprovider

setup:
	tools/setup.sh run

setup-test:
	tools/setup.sh test

clean:
	rm -rf .venv consentry-demo
