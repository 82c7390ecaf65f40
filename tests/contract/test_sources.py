"""What every source of data promises."""

import csv
import json

import pytest
import yaml

from astrid import plugins
from astrid.config import CONF, compose
from astrid.errors import InputError
from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.load import SOURCES, DataSpec, load_corpus
from astrid.text.personality import TYPES
from astrid.text.splits import NAMES, split

every_source = pytest.mark.parametrize("name", plugins.names(SOURCES))


def _csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return {"path": str(path)}


def file(folder):
    return _csv(folder / "file.csv", [{"text": f"t{i}", "label": i % 2} for i in range(30)])


def justice(folder):
    rows = [{"ID": i, "facts": f"Case {i}.", "first_party_winner": i % 2} for i in range(30)]
    return _csv(folder / "justice.csv", rows)


def tweets(folder):
    names = ("negative", "neutral", "positive")
    rows = [
        {"textID": f"x{i}", "text": f" so {i} fun", "selected_text": "fun", "sentiment": name}
        for i in range(10)
        for name in names
    ]
    return _csv(folder / "tweets.csv", [row | {"textID": i} for i, row in enumerate(rows)])


def sst2(folder):
    return _csv(folder / "sst2.csv", [{"sentence": f"t{i} ", "label": i % 2} for i in range(30)])


def hatexplain(folder):
    rows = [
        {
            "post_id": str(i),
            "official_split": ("train", "val", "test")[i % 3],
            "tokens": ["so", str(i), "bad"],
            "label": ("toxic", "non-toxic")[i % 2],
            "rationale": [0, 1, 1] if i % 2 == 0 else [0, 0, 0],
        }
        for i in range(30)
    ]
    path = folder / "hatexplain.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"path": str(path)}


def mbti(folder):
    rows = [
        {"type": TYPES[i % 16], "posts": f"'I am {i}.|||http://a.b/{i}|||{TYPES[i % 16]}s say {i}'"}
        for i in range(32)
    ]
    return _csv(folder / "mbti.csv", rows)


def personality(folder):
    return {"train": 40, "validation": 8, "test": 8}


def tweets_generated(folder):
    return {"train": 40, "validation": 10, "test": 10}


def folder(folder):
    for part in ("train", "dev", "test"):
        rows = [{"text": f"{part} {i}", "label": i % 2} for i in range(30)]
        _csv(folder / f"{part}.csv", rows)
    return {"path": str(folder)}


def hub(folder):
    return {"name": "made/up"}


# A source that needs a file gets a small one here; one that needs nothing needs no entry.
MADE = (
    file,
    folder,
    justice,
    tweets,
    sst2,
    hatexplain,
    hub,
    mbti,
    personality,
    tweets_generated,
)
SAMPLES = {made.__name__: made for made in MADE}


@pytest.fixture
def spec(name, tmp_path, monkeypatch):
    if name == "hub":
        datasets = pytest.importorskip("datasets")
        monkeypatch.setattr("astrid.hub.answers", lambda: True)
        monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: hub_data(datasets))
    return DataSpec(source=name, params=SAMPLES[name](tmp_path) if name in SAMPLES else {})


def hub_data(datasets):
    """Named numbers in an order that is not the alphabet's, and one hidden label."""
    features = datasets.Features(
        text=datasets.Value("string"), label=datasets.ClassLabel(names=["won", "lost"])
    )
    parts = {
        part: datasets.Dataset.from_dict(
            {"text": [f"{part} {i}" for i in range(10)], "label": [-1] + [i % 2 for i in range(9)]},
            features=features,
        )
        for part in ("train", "validation", "test", "extra")
    }
    return datasets.DatasetDict(parts)


@every_source
def test_the_file_exports_what_a_source_must(name):
    module = plugins.load(SOURCES, name)
    assert issubclass(module.Params, Spec)
    assert "Attributes:" in module.Params.__doc__ or not module.Params.model_fields
    assert module.__doc__
    assert module.load.__doc__


@every_source
def test_documents_are_sound(name, spec):
    corpus = load_corpus(spec)
    assert isinstance(corpus, Corpus)
    assert corpus.name == name
    assert len({document.id for document in corpus}) == len(corpus) > 0
    for document in corpus:
        assert document.text.strip()
        document.text.encode("utf-8")
        assert document.labels.keys() == corpus.label_names.keys()
        for task, label in document.labels.items():
            assert 0 <= label < len(corpus.label_names[task])
        assert document.split in (*NAMES, None)
        assert document.group is None or isinstance(document.group, str)


@every_source
def test_rationales_are_sorted_disjoint_and_within_the_text(name, spec):
    for document in load_corpus(spec):
        end = 0
        for start, stop in document.rationale or ():
            assert end <= start < stop <= len(document.text)
            end = stop


@every_source
def test_the_same_settings_give_the_same_corpus(name, spec):
    first, second = load_corpus(spec), load_corpus(spec)
    assert first == second
    assert first.fingerprint() == second.fingerprint()
    json.dumps(dict(first.facts))


@every_source
def test_it_can_be_divided(name, spec):
    parts = split(load_corpus(spec))
    parts = [parts.train, parts.validation, parts.test]
    assert all(len(part) for part in parts)
    groups = [{document.group for document in part} - {None} for part in parts]
    assert sum(map(len, groups)) == len(set.union(*groups))


@every_source
def test_an_unknown_setting_is_refused(name, spec):
    with pytest.raises(InputError, match=r"data.params.pathh: no such setting"):
        load_corpus(DataSpec(source=name, params=spec.params | {"pathh": "x"}))


@pytest.mark.parametrize("name", ["justice", "tweets", "sst2", "hatexplain"])
def test_a_layout_takes_its_folder_and_a_limit(name, spec, tmp_path):
    limited = load_corpus(DataSpec(source=name, params={"path": str(tmp_path), "limit": 5}))
    assert limited.documents == load_corpus(spec).documents[:5]


def test_every_settings_file_belongs_to_a_source():
    assert {path.stem for path in (CONF / "data").glob("*.yaml")} <= set(plugins.names(SOURCES))


@every_source
def test_its_settings_file_has_its_defaults(name):
    if not (CONF / "data" / f"{name}.yaml").is_file():
        pytest.skip("a settings file is optional: --data works without")
    written = yaml.safe_load((CONF / "data" / f"{name}.yaml").read_text())
    spec = DataSpec.model_validate(written)
    assert spec.source == name
    assert (spec.fractions, spec.seed) == ((0.8, 0.1, 0.1), 0)
    params = plugins.load(SOURCES, name).Params
    for key, value in written["params"].items():
        field = params.model_fields[key]
        default = field.default if not field.is_required() else "???"
        assert value == (list(default) if isinstance(default, tuple) else default), key


def test_a_setting_left_open_is_named():
    assert compose("data/file", ["data.params.path=a.csv"])["data"]["params"]["path"] == "a.csv"
    with pytest.raises(InputError, match=r"data.params.path"):
        compose("data/file")


def test_without_the_extra_the_hub_names_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(InputError, match=r"astrid\[hub\]"):
        load_corpus(DataSpec(source="hub", params={"name": "made/up"}))
