"""Data flows one way: reads every import of the packages and fails on a wrong arrow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ingest", "ocr", "matching", "review_queue", "access", "store", "consentry", "fixtures")
FLOW = ("ingest", "ocr", "matching", "review_queue", "access")
PLAIN_LIBRARIES = ("ocr", "matching")
USES_FIXTURES = ("consentry/demo.py", "consentry/benches/")


def imported_modules(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return {module for module in found if module.split(".")[0] in PACKAGES}


def is_allowed(package: str, file: str, module: str) -> bool:
    target = module.split(".")[0]
    if target == package or package in ("fixtures",):
        return True
    if target == "fixtures":
        return file.startswith(USES_FIXTURES)
    if package == "consentry":
        return True
    if package in PLAIN_LIBRARIES or package == "store" or target == "consentry":
        return False
    if target == "store":
        return True
    return FLOW.index(target) < FLOW.index(package) and module == f"{target}.types"


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_flow_one_way(package: str) -> None:
    wrong = []
    for file in sorted((ROOT / package).rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        wrong += [f"{name} imports {m}" for m in sorted(imported_modules(file)) if not is_allowed(package, name, m)]
    assert wrong == []


def test_a_wrong_arrow_is_seen() -> None:
    assert not is_allowed("ocr", "ocr/x.py", "store")
    assert not is_allowed("matching", "matching/x.py", "ocr.types")
    assert not is_allowed("ingest", "ingest/x.py", "access.types")
    assert not is_allowed("access", "access/x.py", "review_queue.ruling")
    assert not is_allowed("store", "store/x.py", "ingest.types")
    assert not is_allowed("consentry", "consentry/pipeline/worker.py", "fixtures.scanning")
    assert is_allowed("access", "access/x.py", "review_queue.types")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package: str) -> None:
    silent = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / package).rglob("*.py")
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_module_has_a_banned_name() -> None:
    banned = {"utils", "helpers", "common", "misc", "manager", "base", "util", "helper"}
    found = [
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if file.stem in banned
    ]
    assert found == []
