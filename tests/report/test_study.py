"""The report of a study: parts in order, numbers from the records, nothing from users run."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from astrid.analysis.family import LIMITS
from astrid.analysis.selection import Requirements
from astrid.errors import InputError
from astrid.report.study import study_page, write_study_report
from astrid.report.study_columns import definitions
from astrid.report.study_figures import SHOWS, TITLES, figure_view, for_script, plot_frames
from astrid.report.study_markdown import study_markdown
from astrid.report.study_view import study_view
from astrid.study.records import ESTIMATES, StudyRecords
from tests.report.hostile import HOSTILE, explained
from tests.studies import study

SMALL = {
    "encoders": {"large": 1_000_000, "small": 100_000},
    "heads": {"linear": 1_500, "mlp": 30_000},
    "methods": ("integrated_gradients", "lime"),
    "texts": 10,
}
VOID = {"meta", "img", "br", "link"}


class Page(HTMLParser):
    """A page taken apart: tags, headings, tables, scripts; tags must close in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.tables: list[list[list[str]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = attrs, text + data
            return
        if inside == "style":
            return
        self.text += data
        if any(re.fullmatch("h[1-6]", tag) for tag in self.open):
            level, text = self.headings[-1]
            self.headings[-1] = level, text + data
        if "small" in self.open and {"td", "th"} & {*self.open}:
            data = f" ({data})"
        if {"td", "th"} & {*self.open}:
            self.tables[-1][-1][-1] += data


def _written(folder: Path, records: StudyRecords, **options) -> tuple[Page, str]:
    paths = write_study_report(folder, records, explained, **options)
    return Page(paths[0].read_text("utf-8")), paths[1].read_text("utf-8")


def _shown(records: StudyRecords, **limits: float) -> tuple[Page, str]:
    """Page and Markdown without the files of the figures, which take seconds."""
    view = study_view(
        records, plot_frames(records), explained, Requirements(**limits), Path("runs/mine")
    )
    return Page(study_page(view)), study_markdown(view, {})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyRecords, Path, Page, str]:
    """One report for the tests that only read it."""
    folder = tmp_path_factory.mktemp("whole")
    records = study(**SMALL, compressions=("none", "int8"))
    page, text = _written(folder, records)
    return records, folder, page, text


def test_parts_come_in_the_order_of_what_a_reader_needs(whole) -> None:
    _, _, page, text = whole
    titles = [title for _, title in page.headings]
    order = [
        "Which model to ship",
        "The models",
        "Five questions",
        "Texts",
        "The methods",
        "What compression did",
        "What is missing",
        "What this does not show",
        "How it was made",
    ]
    places = [next(n for n, title in enumerate(titles) if part in title) for part in order]
    assert places == sorted(places)
    places = [text.index(part.lower() if part.startswith("Which") else part) for part in order]
    assert places[1:] == sorted(places[1:])


def test_there_is_one_first_heading_and_no_level_is_skipped(whole) -> None:
    levels = [level for level, _ in whole[2].headings]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_the_page_needs_nothing_but_itself(whole) -> None:
    _, _, page, _ = whole
    for tag, attrs in page.tags:
        assert tag not in ("img", "link", "iframe")
        assert "src" not in attrs
        assert attrs.get("href", "#").startswith("#")
    policy = next(attrs["content"] for tag, attrs in page.tags if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'")
    assert sum(attrs.get("id") == "plotly" for attrs, _ in page.scripts) == 1


def test_every_number_of_the_model_table_is_in_the_records(whole) -> None:
    records, _, page, _ = whole
    table = next(table for table in page.tables if "agreement of methods" in table[0])
    heading = {name: place for place, name in enumerate(table[0])}
    frame = records.of_method().set_index(["encoder", "classifier", "compression"])
    assert len(table) - 1 == len(frame) == 8
    for row in table[1:]:
        record = frame.loc[tuple(row[heading[n]] for n in ("encoder", "head", "compression"))]
        for column, name in (
            ("accuracy", "accuracy"),
            ("attribution_similarity", "similarity"),
            ("f1_score", "F1"),
        ):
            value, low, high = (record[f"{column}{end}"] for end in ("", "_low", "_high"))
            shown = [float(number) for number in re.findall(r"-?[\d.]+", row[heading[name]])]
            assert shown == pytest.approx([value, low, high], abs=5e-4)
        assert row[heading["times smaller"]] == f"{record['compression_ratio']:.1f}×"


def test_the_best_two_hundred_of_many_models_are_shown() -> None:
    many = SMALL | {"texts": 4, "documents": 10, "seeds": range(60)}
    page, text = _shown(study(**many))
    table = next(table for table in page.tables if "agreement of methods" in table[0])
    scores = [float(row[table[0].index("score")].split()[0]) for row in table[1:]]
    assert len(scores) == 200
    assert scores == sorted(scores, reverse=True)
    assert "The first 200 of 240 rows are shown; all figures are in results.csv." in page.text
    assert "190 more rows" in text


def test_when_nothing_qualifies_the_page_says_what_excludes_what() -> None:
    asked = {"min_accuracy": 0.999, "max_params": 150_000}
    page, text = _shown(study(**SMALL), **asked)
    assert "Ship none of these models" in page.text
    table = next(table for table in page.tables if table[0][0] == "requirement")
    assert ["max params", "150,000", "2"] in [row[:3] for row in table]
    assert ["min accuracy", "0.999", "4"] in [row[:3] for row in table]
    assert "What excludes what" in text
    assert not any("tile" in (attrs.get("class") or "") for _, attrs in page.tags)


def test_the_answer_gives_figures_between_chance_and_ceiling() -> None:
    page, text = _shown(study(**SMALL, accuracy=0.9, similarity=0.95))
    chosen = page.headings[1][1]
    assert chosen.startswith("Ship small + ")
    assert page.text.index(chosen) < page.text.index("The models")
    similarity = page.text.split("similarity to the reference")[1][:300]
    assert re.search(r"chance -?0\.\d{3} \[.*ceiling 0\.\d{3} \[", similarity)
    assert "accurate and reasons alike" in page.text
    assert chosen in text


def test_reasons_that_differ_are_said_in_the_answer() -> None:
    page, _ = _shown(study(**SMALL, accuracy=0.9, similarity=0.3))
    assert page.headings[1][1].endswith(", but its reasons differ from the reference's")
    page, _ = _shown(study(**SMALL, accuracy=0.2, similarity=0.3))
    assert page.headings[1][1].startswith("Nothing is fit to ship yet")


def test_reasons_differ_only_where_the_whole_interval_says_so() -> None:
    page, text = _shown(study(**SMALL | {"texts": 12}, accuracy=0.9, similarity=0.74))
    shown = page.text.split("similarity to the reference")[1]
    high = float(re.search(r"(-?0\.\d{3}) to (0\.\d{3})", shown)[2])
    assert high > 0.8
    assert page.headings[1][1].endswith("; whether its reasons are the reference's is open")
    assert "may lie on either side of 0.80" in page.text
    assert "reasons differ" not in page.headings[1][1] + text.split("##")[0]


def test_the_answer_says_what_the_choice_costs_in_accuracy() -> None:
    records = study(**SMALL, accuracy=0.9, similarity=0.95)
    page, _ = _shown(records)
    chosen = page.headings[1][1].removeprefix("Ship small + ")
    answers = records.answers.set_index(["encoder", "classifier", "document"])["correct"]
    loss = answers["small", chosen].mean() - answers["large", "linear"].mean()
    shown = re.search(
        r"less the reference's, on the same (\d+) documents: (-?0\.\d{3}) \[(-?0\.\d{3}), ",
        page.text,
    )
    assert shown
    assert int(shown[1]) == answers.loc["large", "linear"].size
    assert float(shown[2]) == pytest.approx(loss, abs=5e-4)
    assert float(shown[3]) < loss
    one = study(**SMALL | {"encoders": {"large": 1e8}})
    assert "Its accuracy less" not in _shown(one, min_similarity=0.999)[0].text


def test_measures_on_the_split_that_chose_the_epoch_are_said_to_flatter() -> None:
    records = study(**SMALL)
    assert "chose each model's best epoch" not in _shown(records)[0].text
    for split, flatters in (("validation", True), ("test", False)):
        data = {**records.made["data"], "split": split}
        page, text = _shown(replace(records, made={**records.made, "data": data}))
        assert ("chose each model's best epoch" in page.text) == flatters
        assert f"accuracy over 120 {split} documents" in text


def test_the_score_of_compressed_models_is_said_to_count_parameters_not_bytes() -> None:
    assert "not bytes" not in _shown(study(**SMALL))[0].text
    assert "not bytes" in _shown(study(**SMALL, compressions=("none", "int8")))[0].text


def test_texts_are_coloured_and_set_side_by_side(whole) -> None:
    page = whole[2]
    words = [attrs for _, attrs in page.tags if (attrs.get("class") or "").startswith("w ")]
    assert len(words) > 20
    assert any(table[0] == ["word", "reference", "model", "agreement"] for table in page.tables)
    assert any(table[0] == ["word", "integrated gradients", "lime"] for table in page.tables)


def test_cells_without_explanations_have_no_texts(tmp_path: Path) -> None:
    pages = write_study_report(tmp_path, study(**SMALL), lambda key: None)
    assert 'id="texts"' not in pages[0].read_text("utf-8")


def test_the_five_questions_have_verdict_figure_and_table(whole) -> None:
    _, folder, page, text = whole
    verdicts = [attrs for _, attrs in page.tags if (attrs.get("class") or "").startswith("verdict")]
    assert len(verdicts) == 5
    figures = [
        json.loads(text)
        for attrs, text in page.scripts
        if attrs.get("id", "") != "plotly" and attrs.get("type") == "application/json"
    ]
    assert len(figures) >= 8
    assert all(figure["data"] and "title" not in figure["layout"] for figure in figures)
    assert {*SHOWS} == {*TITLES}
    for name in ("pareto", "similarity_heatmap", "method_agreement", "landscape"):
        assert SHOWS[name] in page.text
        assert (folder / "figures" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert f"(figures/{name}.png)" in text
    assert set(re.findall(r"\(figures/([^)]+)\)", text)) <= {
        path.name for path in (folder / "figures").iterdir()
    }


def test_an_f_statistic_is_called_one_and_is_no_claim() -> None:
    three = {"large": 1_000_000, "medium": 300_000, "small": 100_000}
    _, text = _shown(study(**SMALL | {"encoders": three}))
    assert re.search(r"\*\*F = \d+\.\d+\*\* in the test whether slopes of 2 heads differ", text)


def test_noise_is_not_shown() -> None:
    noise = study(texts=20, documents=60, correlation=0.0)
    page, text = _shown(noise)
    classes = [attrs.get("class") or "" for _, attrs in page.tags]
    verdicts = [name for name in classes if name.startswith("verdict ")]
    assert [verdicts[number - 1] for number in (1, 2, 4, 5)] == ["verdict open"] * 4
    assert text.count("**not shown:**") == verdicts.count("verdict open")


def test_figures_have_a_name_for_those_who_do_not_see_them(whole) -> None:
    boxes = [attrs for _, attrs in whole[2].tags if "data-figure" in attrs]
    assert len(boxes) >= 8
    assert all(box["role"] == "img" and len(box["aria-label"] or "") > 20 for box in boxes)
    regions = [attrs for _, attrs in whole[2].tags if attrs.get("role") == "region"]
    assert all(region.get("tabindex") == "0" and region.get("aria-label") for region in regions)


def test_limits_and_how_it_was_made_are_stated(whole) -> None:
    records, _, page, text = whole
    for limit in LIMITS:
        assert limit in page.text
    for part in ("one seed", "Only 10 texts", "one corpus", "partly luck", "one machine"):
        assert part in page.text, part
    for part in ("astrid study run", "0" * 16, "a CPU", "name: made-up"):
        assert part in page.text
        assert part in text
    for definition in definitions(records):
        assert definition.column in page.text


@pytest.mark.parametrize("compressions", [(), ("none", "int8")])
def test_every_column_of_a_record_is_defined(compressions: tuple[str, ...]) -> None:
    records = study(**SMALL, compressions=compressions)
    ends = {f"{name}{end}" for name in ESTIMATES for end in ("_low", "_high")}
    columns = [name for name in records.results.columns if name not in ends]
    assert [definition.column for definition in definitions(records)] == columns


def test_gaps_are_listed_with_their_reasons() -> None:
    gaps = pd.DataFrame(
        [
            ("small", "mlp", "lime", 0, "", "the GPU ran out of memory"),
            ("small", "linear", "lime", 0, "f1_score", "one class only"),
        ],
        columns=["encoder", "classifier", "interpretability", "seed", "column", "reason"],
    )
    page, text = _shown(replace(study(**SMALL), gaps=gaps))
    assert "1 cell and 1 single value are missing" in page.text
    for part in ("the GPU ran out of memory", "one class only", "the whole cell"):
        assert part in page.text
        assert part in text


def test_names_of_users_are_escaped_everywhere(tmp_path: Path) -> None:
    records = study(
        encoders={HOSTILE: 1000, f"small {HOSTILE}": 100},
        heads={"linear": 10, f"h {HOSTILE}": 20},
        methods=("lime", f"m {HOSTILE}"),
        texts=10,
    )
    spec = {"name": HOSTILE, HOSTILE: [HOSTILE]}
    made = {"spec": spec, "data": {"name": HOSTILE}, "hardware": {"cpu": HOSTILE}}
    page, text = _written(tmp_path, replace(records, name=HOSTILE, made=made))
    assert "img" not in {tag for tag, _ in page.tags}
    kinds = [attrs.get("type") for attrs, _ in page.scripts]
    assert set(kinds) == {None, "text/plain", "application/json"}
    assert kinds.count(None) == 1
    for attrs, content in page.scripts:
        if attrs.get("type") == "application/json":
            assert not set(content) & set("<>&\u2028")
            json.loads(content)
    outside_code = re.sub(r"^(`{3,})\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"(?<!\\)<(script|img|!--)", outside_code)


def test_json_for_a_script_holds_what_it_held() -> None:
    value = {"a": "</script><!-- & \u2028\u2029", "b": "ü"}
    text = for_script(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


def test_what_cannot_be_drawn_says_why() -> None:
    view = figure_view("pareto", plot_frames(study(**SMALL))["pareto"].head(0))
    assert view.data is None
    assert "no rows" in view.reason


@pytest.mark.parametrize(
    "change",
    [
        {"encoders": {"one": 10}},
        {"heads": {"linear": 10}},
        {"methods": ("lime",)},
        {"encoders": {"one": 10}, "heads": {"linear": 10}, "methods": ("lime",), "texts": 1},
    ],
    ids=["one encoder", "one head", "one method", "one cell"],
)
def test_small_studies_have_a_report(change: dict) -> None:
    page, text = _shown(study(**SMALL | change))
    assert ">nan<" not in page.text
    assert re.search(r"\bnan\b", page.text + text) is None


def test_a_study_with_holes_has_a_report() -> None:
    records = study(**SMALL)
    results = records.results.copy()
    results.loc[results["encoder"] == "small", "accuracy":"f1_score_high"] = float("nan")
    empty = pd.DataFrame()
    holes = replace(
        records,
        results=results.drop(index=results.index[-1]),
        faithfulness=empty,
        ceiling=empty,
        curves=records.curves.head(0),
        correlations=empty,
        made={},
    )
    page, text = _shown(holes)
    assert "trained only once" in page.text
    assert re.search(r"\bnan\b", page.text + text) is None


def test_a_study_without_a_finished_cell_is_refused(tmp_path: Path) -> None:
    records = study(**SMALL)
    with pytest.raises(InputError, match="no cell of the study is finished"):
        write_study_report(tmp_path, replace(records, results=records.results.head(0)), explained)


@pytest.mark.parametrize(
    "name", ["answers", "similarities", "correlations", "faithfulness", "ceiling", "curves"]
)
def test_a_frame_that_is_not_there_leaves_a_hole_only(name: str) -> None:
    page, text = _shown(replace(study(**SMALL), **{name: pd.DataFrame()}))
    assert re.search(r"\bnan\b", page.text + text) is None


def test_a_reference_that_wins_is_kept_only_if_it_is_accurate() -> None:
    sizes = {"encoders": {"large": 1_000_000, "small": 999_000}, "similarity": 0.1}
    page, _ = _shown(study(**SMALL | sizes, accuracy=0.9))
    assert page.headings[1][1] == "Keep the reference, large + linear"
    assert "The best other model is " in page.text
    page, _ = _shown(study(**SMALL | sizes, accuracy=0.5))
    assert page.headings[1][1].startswith("Nothing is fit to ship yet; the reference, large")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(InputError, match="can't be written"):
        write_study_report(file, study(**SMALL), explained)


@pytest.mark.slow
def test_ten_thousand_cells(tmp_path: Path) -> None:
    import resource

    encoders = {f"encoder-{number}": int(1e8 * 0.8**number) for number in range(20)}
    records = study(encoders=encoders, seeds=range(20))
    assert len(records.results) == 10_000
    page = write_study_report(tmp_path, records, explained)[0]
    assert page.stat().st_size < 15 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 2**20  # kilobytes
