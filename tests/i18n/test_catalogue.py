"""Every Chinese text of the program has an English one, with the same places in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from geoapp.web.i18n import english

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[一-鿿]")
PLACE = re.compile(r"\{(\w+)\}")
CALL = re.compile(r"""\b(?:_|t|gettext)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
LITERAL = re.compile(r"""_\(\s*"([^"]*)"\s+if\s+.*?\s+else\s+"([^"]*)"\s*\)""")
OPERATORS = (
    "geoapp/cli.py", "geoapp/cli_rates.py", "geoapp/cli_ledger.py", "geoapp/cli_handover.py", "geoapp/cluster.py", "geoapp/serve.py", "geoapp/postgres.py", "geoapp/occupancy.py",
    "geoapp/settings.py", "geoapp/demonstration.py", "geoapp/towns.py", "geoapp/gunicorn_conf.py", "geoapp/services/backup.py",
)  # fmt: skip
"""What an operator reads in a terminal says both languages in one line."""
NAMES = (
    "geoapp/services/search_terms.py", "geoapp/services/load_data.py", "geoapp/importing/formats/cells.py",
    "geoapp/importing/cleaning/titles.py", "geoapp/importing/cleaning/placing.py", "geoapp/importing/reading/encoding.py",
    "geoapp/services/export_names.py", "layers/parcels/land_class.py", "geoapp/services/seed.py", "geoapp/importing/formats/dbf.py",
    "geoapp/services/boundary_points.py", "geoapp/services/office_words.py",
    "geoapp/money.py",
)  # fmt: skip
"""Names and words that are data: surnames, column names of files, parts of file names."""
BOTH = re.compile(r" / [a-z]|\\s|<span")
"""Says both languages itself, or is a pattern."""
IMPORTING = "geoapp/importing/"
"""Reports of imports are read in a terminal or kept in a file; they are Chinese."""
SHEETS = (
    "geoapp/services/sources.py",
    "geoapp/services/printing/appendix.py",
    "geoapp/services/printing/frame.py",
    "geoapp/services/printing/legend.py",
    "geoapp/services/printing/sheet.py",
    "geoapp/services/report_files.py",
    "geoapp/services/handover/check.py",
    "geoapp/services/notices.py",
    "layers/projects/notices.py",
    "geoapp/services/handover/sheet.py",
)
"""Official sheets are printed in Chinese whatever the reader's language; notes of the ledger are quoted as they stand."""


def texts_of_python(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        for statement in getattr(node, "body", []) if isinstance(getattr(node, "body", None), list) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                skipped.add(id(statement.value))
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(v) for v in node.values}
        if isinstance(node, ast.keyword) and node.arg in ("import_columns", "aliases", "example", "cell_parsers"):
            skipped |= {id(v) for v in ast.walk(node.value)}
    return {
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant)
        and isinstance(n.value, str)
        and id(n) not in skipped
        and CHINESE.search(n.value)
        and not BOTH.search(n.value)
    }


def sources() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in [*(ROOT / "geoapp").rglob("*.py"), *(ROOT / "layers").rglob("*.py")]:
        name = path.relative_to(ROOT).as_posix()
        if name not in (*OPERATORS, *NAMES, *SHEETS) and not name.startswith((IMPORTING, "geoapp/migrations/")):
            found[name] = texts_of_python(path)
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "geoapp/static/js").rglob("*.js")]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        calls = {ast.literal_eval(c) for c in CALL.findall(text)} | {
            part for pair in LITERAL.findall(text) for part in pair
        }
        found[path.relative_to(ROOT).as_posix()] = {c for c in calls if CHINESE.search(c)}
    document = (ROOT / "data/geo/document.toml").read_text(encoding="utf-8")
    found["data/geo/document.toml"] = set(
        re.findall(r'^(?:label|unit|title)\s*=\s*"([^"]*[一-鿿][^"]*)"', document, re.M)
    )
    return found


def test_no_text_is_without_its_english():
    known = english()
    missing = {name: sorted(texts - set(known)) for name, texts in sources().items() if texts - set(known)}
    assert missing == {}


def test_a_translation_keeps_every_place():
    wrong = {zh: en for zh, en in english().items() if set(PLACE.findall(zh)) != set(PLACE.findall(en))}
    assert wrong == {}


def test_nothing_is_translated_in_vain():
    used = set().union(*sources().values())
    assert sorted(set(english()) - used) == []


def test_templates_speak_only_through_the_catalogue():
    """Chinese outside of calls would stay Chinese in English; comments and the Chinese name of Chinese may."""
    loose = []
    for path in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        text = text.replace("简体中文", "").replace('<span class="brand-mark" aria-hidden="true">图</span>', "")
        loose += [f"{path.name}: {line.strip()[:80]}" for line in text.splitlines() if CHINESE.search(line)]
    assert loose == []
