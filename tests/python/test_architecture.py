import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import ecommerce_analytics as ea
from conftest import CHECKOUT

INCLUDE = CHECKOUT / "include" / "ecommerce_analytics"
SOURCE = CHECKOUT / "src"
BINDINGS = CHECKOUT / "bindings"
PACKAGE = CHECKOUT / "python" / "ecommerce_analytics"

UMBRELLA = INCLUDE / "ecommerce_analytics.hpp"

ANALYSES = ("kpi", "aggregate", "rfm", "cohort", "geo_aggregate", "orders", "second_order")
# Mathematics over arrays: they know nothing of shops.
KERNELS = ("campaign", "kmeans", "logistic", "metrics", "bg_nbd", "pareto_nbd", "gamma_gamma")
# Analyses made of others, and what each may include of them.
COMPOSED = {
    "customer_clusters": {"rfm", "kmeans"},
    "cutoff": set(),
    "churn": {"cutoff", "logistic", "metrics", "bg_nbd"},
    "purchase_history": set(),
    "segment_migration": {"rfm"},
}

# What is told of churn beside the model.
CHURN_PARTS = ("changes", "reasons", "scores", "value")

# Which files of this project the files of a layer may include.
LAYERS = (
    "core",
    "io",
    "transactions",
    "ingest",
    "selection",
    "customer_history",
    "payments",
    "analysis",
    "kernel",
    "composed",
    "binding",
)
ALLOWED = {
    "core": {"core"},
    "io": {"core", "io"},
    "transactions": {"core", "transactions"},
    "ingest": {"core", "io", "transactions", "ingest"},
    "selection": {"core", "selection"},
    "customer_history": {"core", "transactions", "selection", "customer_history"},
    "payments": {
        "core",
        "io",
        "transactions",
        "ingest",
        "selection",
        "customer_history",
        "payments",
    },
    "analysis": {"core", "transactions", "selection", "customer_history"},
    "kernel": {"core"},
    "composed": {"core", "transactions", "selection", "customer_history"},
    "binding": {*LAYERS, UMBRELLA.stem},
}
PRIVATE_HEADERS = {
    "churn_model.hpp": "churn",
    **{f"churn_{part}.{end}": "churn" for part in CHURN_PARTS for end in ("hpp", "cpp")},
    "gini.hpp": "core",
    "history_of.hpp": "customer_history",
    "kpi_dictionary_data.hpp": "kpi",
    "metrics_comparison.cpp": "metrics",
    "metrics_means.cpp": "metrics",
    "history_index.cpp": "customer_history",
    "history_index.hpp": "customer_history",
    "history_view.cpp": "customer_history",
    "history_view.hpp": "customer_history",
    "orders_by_customer.hpp": "customer_history",
    "pair_numbers.hpp": "core",
    "rule_sets_data.hpp": "rfm",
}

# Arrows between Python modules; the fronts may use all of them.
PYTHON_LEAVES = {"_core", "errors", "extras"}
PYTHON_FRONTS = {
    *("__init__", "__main__", "cli", "run", "datasets", "dashboard", "report"),
    *(
        "exports",
        "formats",
        "forget",
        "heatmap",
        "layouts",
        "logs",
        "output_folder",
        "saved_model",
        "settings",
        "warehouse",
        *("installation", "workbook"),
    ),
}

OTHER_LIBRARIES = {
    *("pandas", "polars", "pyarrow", "duckdb", "typer", "rich", "matplotlib", "pydantic"),
    *("pydantic_settings", "psycopg", "sklearn", "sqlalchemy", "xlsxwriter"),
    *(
        "babel",
        "lightgbm",
        "plotly",
        "squarify",
        "statsmodels",
        "streamlit",
        "weasyprint",
        "xgboost",
    ),
}

_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def includes(path: Path) -> list[str]:
    return _INCLUDE.findall(path.read_text(encoding="utf-8"))


def cpp_files(*folders: Path) -> list[Path]:
    return sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix in (".hpp", ".cpp")
    )


def relative(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def unit_of(path: Path) -> str:
    """Return the module of a C++ file: `core`, `io`, or its own name."""
    if path.is_relative_to(BINDINGS):
        return "binding"
    base = INCLUDE if path.is_relative_to(INCLUDE) else SOURCE
    parts = path.relative_to(base).parts
    return parts[0] if len(parts) > 1 else PRIVATE_HEADERS.get(path.name, path.stem)


def unit_of_include(name: str) -> str | None:
    """Return the module of an included file of this project; None for any other one."""
    name = name.removeprefix("ecommerce_analytics/")
    if not ((INCLUDE / name).is_file() or (SOURCE / name).is_file() or (BINDINGS / name).is_file()):
        return None
    if (BINDINGS / name).is_file():
        return "binding"
    first, _, rest = name.partition("/")
    return first if rest else PRIVATE_HEADERS.get(name, Path(name).stem)


def layer_of(unit: str) -> str:
    if unit in COMPOSED:
        return "composed"
    if unit in KERNELS:
        return "kernel"
    return "analysis" if unit in ANALYSES else unit


ALL_CPP = [path for path in cpp_files(INCLUDE, SOURCE, BINDINGS) if path != UMBRELLA]


def test_there_is_something_to_check() -> None:
    assert len(ALL_CPP) > 25
    assert {layer_of(unit_of(path)) for path in ALL_CPP} == set(LAYERS)


@pytest.mark.parametrize("path", ALL_CPP, ids=relative)
def test_layers_include_the_ones_below(path: Path) -> None:
    unit = unit_of(path)
    for name in includes(path):
        other = unit_of_include(name)
        if other is None or other == unit or other in COMPOSED.get(unit, ()):
            continue
        assert layer_of(other) in ALLOWED[layer_of(unit)], f"{relative(path)} includes {name}"
        if unit in (*ANALYSES, *KERNELS, *COMPOSED):
            others = (*ANALYSES, *KERNELS, *COMPOSED)
            assert other not in others, f"{relative(path)} includes {name}"


@pytest.mark.parametrize("path", cpp_files(INCLUDE, SOURCE), ids=relative)
def test_the_core_knows_neither_python_nor_arrow_libraries(path: Path) -> None:
    for name in includes(path):
        assert not name.startswith(("pybind11", "arrow/", "Python.h", "parquet/")), name
    text = path.read_text(encoding="utf-8").lower()
    for word in ("pandas", "polars", "pybind11"):
        assert word not in text, word


@pytest.mark.parametrize("path", cpp_files(INCLUDE), ids=relative)
def test_public_headers_need_nothing_but_the_standard_library(path: Path) -> None:
    for name in includes(path):
        assert name.startswith("ecommerce_analytics/") or re.fullmatch(r"[a-z_]+", name), name
    text = path.read_text(encoding="utf-8")
    assert "__int128" not in text


@pytest.mark.parametrize("path", ALL_CPP, ids=relative)
def test_eigen_and_boost_stay_in_sources(path: Path) -> None:
    for name in includes(path):
        if name.startswith(("Eigen/", "boost/")):
            assert path.suffix == ".cpp", name
            assert path.is_relative_to(SOURCE), name


def test_every_public_header_is_under_the_umbrella_or_below_one_that_is() -> None:
    reached: set[Path] = set()
    waiting = [UMBRELLA]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += [
                INCLUDE.parent / name
                for name in includes(path)
                if name.startswith("ecommerce_analytics/")
            ]
    # Tools of the sources that a user may call, and nothing of the API names.
    tools = ("parallel.hpp", "random.hpp", "summary.hpp")
    apart = {INCLUDE / "core" / name for name in tools}
    assert set(cpp_files(INCLUDE)) - reached <= apart


def test_every_public_header_is_listed_by_cmake() -> None:
    listed = (CHECKOUT / "CMakeLists.txt").read_text(encoding="utf-8")
    for path in cpp_files(INCLUDE):
        assert relative(path) in listed, f"{relative(path)} is not in the header set"


def python_modules() -> dict[str, Path]:
    return {path.stem: path for path in sorted(PACKAGE.glob("*.py"))}


def imports(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, where it runs."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level == 1:
                module = f"ecommerce_analytics.{module}".rstrip(".")
            if module == "ecommerce_analytics":
                found.update(alias.name for alias in node.names)
            elif module.startswith("ecommerce_analytics."):
                found.add(module.split(".")[1])
        elif isinstance(node, ast.Import):
            found.update(
                alias.name.split(".")[1]
                for alias in node.names
                if alias.name.startswith("ecommerce_analytics.")
            )
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("name", ANALYSES)
def test_python_analyses_do_not_import_each_other(name: str) -> None:
    for module in imports(PACKAGE / f"{name}.py"):
        assert module not in ANALYSES, f"{name}.py imports {module}"
        assert module not in PYTHON_FRONTS, f"{name}.py imports {module}"


def test_nothing_below_imports_a_front() -> None:
    for name, path in python_modules().items():
        if name not in PYTHON_FRONTS:
            assert not imports(path) & (PYTHON_FRONTS - {"__init__"}), name


def test_what_all_modules_use_imports_none_of_them() -> None:
    for name in PYTHON_LEAVES - {"_core"}:
        assert imports(PACKAGE / f"{name}.py") <= PYTHON_LEAVES, name


@pytest.mark.parametrize("name", python_modules())
def test_the_package_imports_with_numpy_alone(name: str) -> None:
    """Other libraries are imported where they are needed, but for the files of a front."""
    if name in PYTHON_FRONTS - {"__init__"}:
        return
    for node in ast.parse(python_modules()[name].read_text(encoding="utf-8")).body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for module in names:
            top = module.split(".")[0]
            assert top not in OTHER_LIBRARIES, name


def test_the_core_needs_numpy_only() -> None:
    script = """
import sys
import ecommerce_analytics as ea

lines = ea.Transactions.from_arrays(
    customer=["ann"], order=["A"], timestamp=["2024-01-01"], amount=["1.5"], region=["SP"])
scores = ea.rfm.score(lines)
tables = [scores, ea.customer_clusters.fit(scores), ea.customer_clusters.curve(scores),
          ea.rfm.summarize(ea.rfm.segment(scores)), ea.kpi.summary(lines, period="month"),
          ea.cohort.retention(lines, measure="revenue"), ea.geo_aggregate.by_region(lines)]
for table in tables:
    table._repr_html_()
    [table[name] for name in table.column_names]
others = set(sys.argv[1:]) & set(sys.modules)
assert not others, others
"""
    command = [sys.executable, "-c", script, *sorted(OTHER_LIBRARIES)]
    subprocess.run(command, check=True, timeout=60)


_MEMBER = re.compile(r"^  [\w:<>]+ (\w+)(?: = ([^;]+)|\{\});", re.MULTILINE)


def header_defaults(name: str) -> dict[str, object]:
    """Return the defaults of `struct Options` of a header, as Python writes them."""
    text = (INCLUDE / f"{name}.hpp").read_text(encoding="utf-8")
    (body,) = re.findall(r"^struct Options \{\n(.*?)^\};", text, re.MULTILINE | re.DOTALL)
    defaults: dict[str, object] = {}
    for member, value in _MEMBER.findall(body):
        if value == "std::nullopt" or (member, value) == ("num_threads", "0"):
            defaults[member.removesuffix("_us")] = None
        elif not value:
            defaults[member] = ()
        elif "::" in value:
            defaults[member] = value.rpartition("::")[2]
        elif value.startswith("{"):  # An aggregate of some values: a tuple.
            defaults[member] = ast.literal_eval(f"({value.strip('{}')})")
        else:
            defaults[member] = ast.literal_eval(value)
    return defaults


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("kpi", ea.kpi.summary),
        ("aggregate", ea.aggregate.group_by),
        ("rfm", ea.rfm.score),
        ("cohort", ea.cohort.retention),
        ("geo_aggregate", ea.geo_aggregate.by_region),
    ],
)
def test_options_have_one_default_in_both_languages(
    name: str, function: Callable[..., ea.Table]
) -> None:
    parameters = list(inspect.signature(function).parameters.values())
    selection = [one.default for one in parameters if one.name == "selection"]
    assert selection == [None]  # An argument of its own in C++, as a history of orders is.
    told = {
        one.name: one.default for one in parameters[1:] if one.name not in ("selection", "orders")
    }
    assert header_defaults(name) == told
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in parameters[1:])


def test_no_file_is_called_utils() -> None:
    folders = ("include", "src", "bindings", "python", "tests", "benchmarks", "examples", "tools")
    names = ("util", "utils", "helper", "helpers", "common", "misc")
    for folder in folders:
        for path in (CHECKOUT / folder).rglob("*"):
            words = re.split(r"[_.]", path.name.lower())
            assert not set(words) & set(names), relative(path)


def row_of_files(name: str) -> list[str]:
    """Return the files that belong to one module, all of one name."""
    return [
        f"include/ecommerce_analytics/{name}.hpp",
        f"src/{name}.cpp",
        f"tests/cpp/{name}_test.cpp",
        f"tests/golden/{name}",
        f"bindings/bind_{name}.cpp",
        f"python/ecommerce_analytics/{name}.py",
        f"tests/python/test_{name}.py",
        f"tests/python/reference/{name}.py",
        f"benchmarks/cpp/{name}_bench.cpp",
        f"docs/methods/{name}.md",
    ]


@pytest.mark.parametrize("name", [*ANALYSES, *KERNELS, *COMPOSED, "payments"])
def test_an_analysis_is_a_row_of_files(name: str) -> None:
    missing = [path for path in row_of_files(name) if not (CHECKOUT / path).exists()]
    assert not missing


def test_every_golden_case_has_a_source() -> None:
    cases = [path.parent for path in (CHECKOUT / "tests" / "golden").rglob("input.csv")]
    assert len(cases) >= len(ANALYSES)
    for case in cases:
        assert (case / "SOURCE.md").stat().st_size > 200, relative(case)
        assert (case / "expected.csv").is_file(), relative(case)
