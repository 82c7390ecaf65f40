"""Data sets of the hub: what is loaded, what works without a network, and what is refused."""

import json
import time
from types import SimpleNamespace

import pytest

from astrid import hub
from astrid.errors import InputError
from astrid.text.load import DataSpec, load_corpus
from astrid.text.sources import hub as source
from astrid.text.splits import NAMES

datasets = pytest.importorskip("datasets")

SECRET = "hf_notarealtokenbutsecret"


@pytest.fixture(autouse=True)
def no_tokens(monkeypatch):
    for name in hub.VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def answering(monkeypatch):
    """A hub that gives these splits, or raises this error; gives the settings that it saw."""

    def answer(given):
        seen = []

        def load_dataset(name, config=None, **settings):
            seen.append(settings)
            if isinstance(given, Exception):
                raise given
            parts = {
                split: part
                if isinstance(part, datasets.Dataset)
                else datasets.Dataset.from_dict(part)
                for split, part in given.items()
            }
            return datasets.DatasetDict(parts)

        monkeypatch.setattr(hub, "answers", lambda: True)
        monkeypatch.setattr(datasets, "load_dataset", load_dataset)
        return seen

    return answer


def load(**params):
    return load_corpus(DataSpec(source="hub", params={"name": "made/up", **params}))


def problem(**params):
    with pytest.raises(InputError) as error:
        load(**params)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("made/up")
    return message


def numbered(texts=("a", "b", "c", "d"), labels=(2, 0, 1, 2), words=("pos", "neg", "mid", "pos")):
    return {"text": list(texts), "label": list(labels), "label_text": list(words)}


def class_labelled(labels):
    features = datasets.Features(
        text=datasets.Value("string"), label=datasets.ClassLabel(names=["won", "lost"])
    )
    columns = {"text": [f"t{number}" for number in range(len(labels))], "label": labels}
    return datasets.Dataset.from_dict(columns, features=features)


def test_labels_have_the_names_and_order_of_the_data_set(answering):
    parts = ("train", "validation", "test", "extra")
    answering({part: class_labelled([-1, 0, 1, 0]) for part in parts})
    corpus = load()
    assert corpus.classes == ("won", "lost")
    assert corpus.facts["skipped"] == {"without label": 3}
    assert corpus.facts["label_numbers"] == {"0": "won", "1": "lost"}
    assert {document.split for document in corpus} == set(NAMES)
    assert load(labels=["1", "0"]).classes == ("lost", "won")


def test_numbers_get_the_words_of_the_column_beside_them(answering):
    answering({"train": numbered(), "test": numbered(words=("pos", "neg", "mid", "pos"))})
    corpus = load()
    assert corpus.classes == ("mid", "neg", "pos")
    assert [corpus.classes[label] for label in corpus.labels][:4] == ["pos", "neg", "mid", "pos"]
    assert corpus.facts["label_numbers"] == {"0": "neg", "1": "mid", "2": "pos"}
    assert load(labels=[0, 2]).classes == ("neg", "pos")


@pytest.mark.parametrize("words", [("pos", "neg", "pos", "pos"), ("pos", "neg", "mid", "top")])
def test_words_that_are_not_one_to_a_number_are_left_alone(answering, words):
    answering({"train": numbered(words=words)})
    assert load().classes == ("0", "1", "2")
    assert "label_numbers" not in load().facts


def test_one_split_is_named_and_so_are_those_there_are(answering):
    answering({"train": numbered(), "test": numbered(texts=[], labels=[], words=[])})
    assert len(load(split="train")) == 4
    assert (
        problem(split="tset") == 'made/up: no split "tset"; name another (there are: train, test)'
    )
    assert problem(split="test") == "made/up: the split test is empty; use another split"
    assert problem(split="train", text_field="txt") == (
        'made/up (train): no column "txt"; did you mean "text"? (known: text, label, label_text)'
    )


def test_a_data_set_made_by_code_is_refused(answering):
    answering(RuntimeError("Dataset scripts are no longer supported, but found up.py"))
    assert "code from the hub, which is never run; use a data set of files" in problem()


def test_code_in_a_local_folder_is_never_run(tmp_path, capfd):
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "up.py").write_text("raise SystemExit('run')")
    with pytest.raises(InputError, match="code from the hub, which is never run"):
        load(name=str(tmp_path / "up"))
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_datasets_can_read_needs_no_network(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub, "answers", lambda: pytest.fail("asked"))
    folder = tmp_path / "data"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.csv").write_text("text,label\na,x\nb,y\n", encoding="utf-8")
    assert len(load(name=str(folder), split="test")) == 2
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConnectionError("Couldn't\nreach"),
            "can't be fetched (Couldn't reach); check the network",
        ),
        (datasets.exceptions.DatasetNotFoundError("x"), "no such data set on the hub, or it needs"),
        (datasets.exceptions.DataFilesNotFoundError("x"), "there are no files of data in it"),
        (ValueError("Config name is missing.\nUse one of [a]"), "missing. Use one of [a]"),
        (KeyError("anything"), "can't be fetched ('anything')"),
    ],
)
def test_what_cant_be_had_is_one_line(answering, error, said):
    answering(error)
    assert said in problem()


def test_a_gated_data_set_names_the_token_and_its_page(answering):
    seen = answering(
        datasets.exceptions.DatasetNotFoundError("'made/up' is a gated dataset on the Hub.")
    )
    message = problem()
    assert "a gated data set; ask for access at https://huggingface.co/datasets/made/up" in message
    assert "HF_TOKEN" in message
    assert seen[0]["token"] is None


def test_the_token_is_sent_and_never_shown(answering, monkeypatch):
    seen = answering(ConnectionError(f"Bearer {SECRET} refused"))
    params = source.Params(name="made/up")
    with pytest.raises(InputError) as error:
        source.load(params, SECRET)
    monkeypatch.setenv("HUGGINGFACE_TOKEN", SECRET)
    message = problem()
    assert [settings["token"] for settings in seen] == [SECRET, SECRET]
    assert SECRET not in message + str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


@pytest.fixture
def unreachable(monkeypatch, tmp_path):
    """No network, and an empty cache."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    return tmp_path / "cache"


def test_without_a_network_one_line_comes_soon(unreachable, capfd):
    start = time.monotonic()
    message = problem()
    assert time.monotonic() - start < 10  # it took 25 s of retries
    assert "the Hugging Face hub can't be reached; check the network" in message
    assert "--dataset-name tweets_generated" in message
    assert capfd.readouterr() == ("", "")
    assert not datasets.config.HF_HUB_OFFLINE


def cached(cache, folder):
    """The data set made/up as `datasets` leaves it in its cache."""
    rows = "".join(json.dumps({"text": f"t{i}", "label": i % 2}) + "\n" for i in range(6))
    (folder / "up.jsonl").write_text(rows)
    files = {"train": str(folder / "up.jsonl")}
    datasets.load_dataset("json", data_files=files, cache_dir=str(folder / "built"))
    (built,) = (folder / "built" / "json").glob("*/*/*/")
    place = cache / "made___up" / "default" / "0.0.0" / "c0ffee"
    place.parent.mkdir(parents=True)
    built.rename(place)
    (place / "json-train.arrow").rename(place / "up-train.arrow")
    info = json.loads((place / "dataset_info.json").read_text())
    info |= {"config_name": "default", "dataset_name": "up"}
    (place / "dataset_info.json").write_text(json.dumps(info))


@pytest.mark.parametrize("asked_to_be_offline", [False, True])
def test_what_was_fetched_before_needs_no_network(
    unreachable, tmp_path, monkeypatch, capfd, asked_to_be_offline
):
    cached(unreachable, tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", asked_to_be_offline)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", asked_to_be_offline)
    capfd.readouterr()
    assert load(split="train").texts == [f"t{i}" for i in range(6)]
    assert capfd.readouterr() == ("", "")
    assert "no split" in problem(split="test")


def test_a_hub_that_never_answers_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(hub, "_PATIENCE", 0.1)
    slow = SimpleNamespace(head=lambda *_, **__: time.sleep(2))
    monkeypatch.setattr("huggingface_hub.get_session", lambda: slow)
    start = time.monotonic()
    assert not hub.answers()
    assert time.monotonic() - start < 1.5
