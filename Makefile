# `make help` lists the targets. All set-up is done on the way, into .venv and build/.

SOURCE ?= synthetic
DATA ?=
OUTPUT ?= build/demo
PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
export PYTHON
# The shell reads these two as they are, so a path may hold blanks and quotes.
export DATA OUTPUT
# CMake and Ninja are those of the virtual environment.
export PATH := $(CURDIR)/$(BIN):$(PATH)

# What the installed Python package is made of; folders too, so that a removed file counts.
PACKAGE_SOURCES := CMakeLists.txt pyproject.toml \
  $(shell find cmake include src bindings python -name __pycache__ -prune -o -print 2>/dev/null)
CPP_FILES = $(shell find include src bindings tests benchmarks examples -name '*.[ch]pp')

.PHONY: help demo dashboard test test-cpp test-python test-browser test-sanitized lint docs screenshots stubs stubs-check bench format \
  install clean
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: install ## the main job: SOURCE=olist DATA=FOLDER OUTPUT=build/demo ARGS='--period week'
	$(BIN)/ecommerce-analytics run $(SOURCE) $${DATA:+"$$DATA"} --output "$$OUTPUT" $(ARGS)

dashboard: install $(VENV)/dashboard-tools ## the pages for people, in a browser: SOURCE=olist DATA=FOLDER ARGS='--port 8600'
	$(BIN)/ecommerce-analytics dashboard $(SOURCE) $${DATA:+"$$DATA"} $(ARGS)

test: test-cpp test-python test-browser lint ## every test

test-cpp: $(VENV)/dev-tools ## the C++ tests, under sanitizers; they run 90 % of the lines of src/ or more
	tools/setup.sh apt libgtest-dev
	cmake --preset dev
	cmake --build --preset dev
	find build/dev -name '*.gcda' -delete
	ctest --preset dev --progress
	$(BIN)/gcovr --root . --filter 'src/' --exclude-throw-branches --sort uncovered-percent \
	  --fail-under-line 90 build/dev

test-python: install $(VENV)/dev-tools stubs-check ## the Python tests and the package's doctests
	tools/setup.sh postgresql
	tools/setup.sh apt libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core
	$(BIN)/pytest -n 2
	$(BIN)/pytest --doctest-modules --pyargs ecommerce_analytics

test-browser: install $(VENV)/dev-tools ## the dashboard in a browser: figures, filters, exports, accessibility
	tools/setup.sh apt chromium
	tools/setup.sh npm tests/browser
	$(BIN)/pytest -n 2 --dist loadscope tests/browser

test-sanitized: $(VENV)/dev-tools ## the Python tests of the native calls, under the sanitizers
	cmake --preset sanitized-python -DPython_EXECUTABLE="$(CURDIR)/$(BIN)/python"
	cmake --build --preset sanitized-python
	tools/test_sanitized.sh build/sanitized-python

lint: $(VENV)/dev-tools ## form and types: ruff, clang-format, mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/clang-format --dry-run --Werror $(CPP_FILES)
	$(BIN)/mypy

screenshots: install $(VENV)/dev-tools ## pictures of the pages into docs/screenshots; DATA=FOLDER with online_retail/
	tools/setup.sh apt chromium
	$(BIN)/python tools/screenshots.py

docs: $(VENV)/ready ## what is made of other pages and data: docs/kpi_dictionary.md, column_meanings.toml
	$(BIN)/python tools/kpi_dictionary_page.py
	$(BIN)/python tools/column_meanings.py

stubs: build/stubs ## regenerate the type stubs of the extension module
	rm -rf python/ecommerce_analytics/_core
	cp -r build/stubs/ecommerce_analytics/_core python/ecommerce_analytics/_core

stubs-check: build/stubs
	diff -ru python/ecommerce_analytics/_core build/stubs/ecommerce_analytics/_core || \
	  { echo 'The type stubs are not those of the bindings: make stubs' >&2; exit 1; }

bench: install $(VENV)/dev-tools ## the benchmarks, C++ then Python
	tools/setup.sh apt libgtest-dev libbenchmark-dev
	cmake --preset release
	cmake --build --preset release
	build/release/benchmarks/cpp/ecommerce_analytics_bench
	for script in $(wildcard benchmarks/python/*.py); do $(BIN)/python $$script || exit 1; done

format: $(VENV)/dev-tools ## bring all code into form
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(CPP_FILES)

install: $(VENV)/package ## the package with the extra [io] into .venv

clean: ## remove .venv and build/
	rm -rf $(VENV) build

$(VENV)/ready: tools/setup.sh
	tools/setup.sh venv
	@touch $@

$(VENV)/build-tools: $(VENV)/ready pyproject.toml
	tools/setup.sh pip build
	@touch $@

$(VENV)/dev-tools: $(VENV)/build-tools
	tools/setup.sh pip dev
	@touch $@

$(VENV)/package: $(VENV)/build-tools $(PACKAGE_SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation \
	  --config-settings=build-dir=build/python '.[io]'
	@touch $@

$(VENV)/dashboard-tools: $(VENV)/build-tools pyproject.toml
	tools/setup.sh pip dashboard
	@touch $@

build/stubs: $(VENV)/package $(VENV)/dev-tools
	rm -rf $@
	$(BIN)/pybind11-stubgen --exit-code --output-dir $@ ecommerce_analytics._core
	@touch $@
