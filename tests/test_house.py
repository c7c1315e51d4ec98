"""Who may import whom, and what the core may not do: the house's rules, read from the code itself."""
import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import PROJECT

CONCERNS = {"data_entry", "cleaning", "clustering", "purchase_prediction", "text_mining", "time_series",
            "sales", "service_desk", "campaigns", "reports", "accounts"}


@cache
def files(folder: str) -> list[Path]:
    return sorted(path for path in (PROJECT / folder).rglob("*.py") if "__pycache__" not in path.parts)


@cache
def imports(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever it stands in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def offenders(folder: str, forbidden, but=lambda path: False) -> list[str]:
    return [f"{path.relative_to(PROJECT)} imports {name}" for path in files(folder) if not but(path)
            for name in sorted(imports(path)) if forbidden(name)]


def starts(*names: str):
    return lambda module: any(module == name or module.startswith(f"{name}.") for name in names)


def concern_of(path: Path) -> str | None:
    first = path.relative_to(PROJECT / "crm_core").parts[0].removesuffix(".py")
    return first if first in CONCERNS else None


def test_the_core_knows_no_streamlit_no_ui_and_no_page():
    assert offenders("crm_core", starts("streamlit", "ui", "pages")) == []


def test_only_the_store_and_the_engine_name_duckdb():
    allowed = {PROJECT / "crm_core" / "engine.py", *files("crm_core/store")}
    for folder in ("crm_core", "ui", "pages", "data"):
        assert offenders(folder, starts("duckdb"), but=lambda path: path in allowed) == []


def test_only_the_engine_names_spark():
    assert offenders("crm_core", starts("pyspark"), but=lambda path: path.name == "engine.py") == []


def test_concerns_import_neither_each_other_nor_the_store_nor_charts():
    wrong = []
    for path in files("crm_core"):
        concern = concern_of(path)
        others = {f"crm_core.{name}" for name in CONCERNS - {concern}} | {"crm_core.store", "crm_core.charts"}
        wrong += [f"{path.name} imports {name}" for name in imports(path) if concern and starts(*others)(name)]
    assert wrong == []


def test_tables_and_errors_import_nothing_of_the_core():
    for name in ("tables.py", "errors.py"):
        assert [found for found in imports(PROJECT / "crm_core" / name) if starts("crm_core")(found)] == []


def test_charts_import_no_store_and_no_engine_and_only_one_file_names_plotly():
    assert offenders("crm_core/charts", starts("crm_core.store", "crm_core.engine")) == []
    for folder in ("crm_core", "ui", "pages"):
        assert offenders(folder, starts("plotly"),
                         but=lambda path: path == PROJECT / "crm_core" / "charts" / "plotly.py") == []


def test_pages_import_neither_each_other_nor_engines_nor_model_libraries():
    assert offenders("pages", starts("duckdb", "sklearn", "plotly", "splink", "statsforecast", "pyspark")) == []
    pages = {path.stem for path in (PROJECT / "pages").glob("*.py")}
    assert offenders("pages", lambda name: starts(*(f"pages.{page}" for page in pages))(name)) == []


def test_ui_imports_no_page_and_no_concern():
    assert offenders("ui", starts("pages", *(f"crm_core.{name}" for name in CONCERNS))) == []


@pytest.mark.parametrize("path", [path for path in files("crm_core") if path.name != "__main__.py"],
                         ids=lambda path: str(path.relative_to(PROJECT)))
def test_the_core_reads_no_clock_and_draws_nothing_unseeded(path):
    clock = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|Timestamp\.now|time\.time\(|default_rng\(\)"
                       r"|current_date|current_timestamp|\bnow\(\)|np\.random\.(rand|seed)|\brandom\.(random|choice)\(")
    assert clock.findall(path.read_text(encoding="utf-8")) == []


def test_queries_name_no_clock_and_say_what_they_answer():
    for path in (PROJECT / "crm_core" / "queries").glob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("-- "), path.name
        assert not re.search(r"current_date|current_timestamp|\bnow\(\)|random\(\)", text, re.IGNORECASE), path.name


def test_nothing_lets_data_become_script():
    ways = re.compile(r"unsafe_allow_html|components\.v1|Styler\.to_html|jinja2\.Template\(|pickle\.load|joblib\.load|\beval\(")
    for folder in ("crm_core", "ui", "pages", "data"):
        for path in files(folder):
            assert ways.findall(path.read_text(encoding="utf-8")) == [], path


def test_every_file_opens_with_its_purpose():
    silent = [str(path.relative_to(PROJECT)) for folder in ("crm_core", "ui", "pages", "data", "benchmarks", "tests")
              for path in files(folder) if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []
