"""The pages of the methods say what the code does."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from astrid import plugins
from astrid.explain import methods
from astrid.explain.run import explain
from tests import tiny

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SHORT = "The court found no evidence."
LONG = " ".join(tiny.SENTENCES[:2])
COLUMNS = ("method", "needs", "rows a text", "scores", "guarantee", "chance")

every_method = pytest.mark.parametrize("method", methods.names())


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@cache
def table() -> dict[str, dict[str, str]]:
    """The rows of the table of all methods, by method."""
    lines = (DOCS / "choosing.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("| " + " | ".join(COLUMNS) + " |")
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        row = dict(zip(COLUMNS, cells(line), strict=True))
        found[re.findall(r"`(\w+)`", row["method"])[0]] = row
    return found


def settings(method: str) -> dict[str, str]:
    """Each setting on the method's page, with its default as written there."""
    text = (DOCS / "methods" / f"{method}.md").read_text(encoding="utf-8")
    section = text.split("## Settings")[1].split("\n## ")[0]
    rows = [cells(line) for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1].strip("`") for row in rows}


@cache
def found(method: str, text: str):
    (explanation,) = explain(tiny.classifier("bert"), text, method)
    return explanation


def written(default: object) -> str:
    """A default as the pages write it."""
    if default is None or default == ():
        return "none"
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_every_method_has_a_row() -> None:
    assert sorted(table()) == methods.names()


@every_method
def test_every_method_is_named_where_methods_are_listed(method: str) -> None:
    page = f"methods/{method}.md"
    assert (DOCS / page).is_file()
    assert f"]({page})" in table()[method]["method"]
    assert f"](docs/{page})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"]({page})" in (DOCS / "index.md").read_text(encoding="utf-8")


def test_the_navigation_begins_with_the_choice_and_has_every_method_once() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = yaml.safe_load(text)["nav"]
    (group,) = [item["Methods"] for item in nav if "Methods" in item]
    assert group[0] == "choosing.md"
    pages = [page for part in group[1:] for inside in part.values() for page in inside]
    assert sorted(pages) == sorted(f"methods/{method}.md" for method in methods.names())


@every_method
def test_settings_and_their_defaults_are_those_of_the_code(method: str) -> None:
    fields = plugins.load("astrid.explain.methods", method).Params.model_fields
    expected = {name: written(field.default) for name, field in fields.items()}
    assert settings(method) == expected


@every_method
def test_needs_are_those_of_the_code(method: str) -> None:
    assert set(re.findall(r"`(\w+)`", table()[method]["needs"])) == methods.needs(method)


@every_method
def test_the_rows_are_those_that_ran(method: str) -> None:
    cell = table()[method]["rows a text"]
    formula = re.findall(r"`([^`]+)`", cell)[0].replace("−", "-").replace("^", "**")
    fields = plugins.load("astrid.explain.methods", method).Params.model_fields
    known = {name: field.default for name, field in fields.items()}
    explanation = found(method, SHORT)
    rows = eval(formula, {"min": min, "U": len(explanation.words), **known})
    if cell.startswith(("up to", "about")):
        assert 2 < explanation.evaluations <= rows
    else:
        assert explanation.evaluations == rows


@every_method
def test_signs_gaps_and_errors_are_those_of_the_scores(method: str) -> None:
    row, explanation = table()[method], found(method, LONG)
    assert row["scores"] == ("signed" if (explanation.token_scores < 0).any() else "unsigned")
    assert ("gap" in row["guarantee"]) == (explanation.completeness_gap is not None)
    assert ("standard errors" in row["chance"]) == (explanation.standard_errors is not None)


@every_method
def test_chance_is_where_a_seed_is(method: str) -> None:
    fields = plugins.load("astrid.explain.methods", method).Params.model_fields
    assert ("`seed`" in table()[method]["chance"]) == ("seed" in fields)
