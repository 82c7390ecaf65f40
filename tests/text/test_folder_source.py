"""Folders with a file for each split, and numbers that the data have words for."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astrid.errors import InputError
from astrid.text.load import DataSpec, load_corpus
from astrid.text.rows import FileRows

CSV = "text,label,label_text\na,2,good\nb,0,bad\nc,0,bad\n"


def load(folder, source="folder", **params):
    return load_corpus(DataSpec(source=source, params={"path": str(folder), **params}))


def written(folder, **files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def parquet(path, labels=(0, 1, -1), names=("won", "lost")):
    """As `datasets` writes it, with the names of the classes in the file's notes."""
    features = {"text": {"dtype": "string", "_type": "Value"}}
    features["label"] = {"names": list(names), "_type": "ClassLabel"}
    notes = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    table = pa.table({"text": [f"t{n}" for n in range(len(labels))], "label": list(labels)})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(notes), path)


LAYOUTS = [
    {"train.csv": CSV, "test.csv": CSV},
    {"data/train.csv": CSV, "data/test.csv": CSV, "README.md": "a card"},
    {"train/a.csv": CSV, "test/b.csv": CSV},
    {"train-00000-of-00001.csv": CSV, "test-00000-of-00001-0123456789abcdef.csv": CSV},
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_downloaded_data_sets(tmp_path, layout):
    corpus = load(written(tmp_path, **layout))
    assert corpus.classes == ("bad", "good")
    assert [(document.id, document.split) for document in corpus][-1] == ("test-3", "test")
    assert corpus.facts["label_numbers"] == {"0": "bad", "2": "good"}
    one = load(tmp_path, split="train", limit=2, labels=[0, 2])
    assert [(document.id, document.split) for document in one] == [
        ("train-1", None),
        ("train-2", None),
    ]


def test_the_pieces_of_a_split_are_joined_in_order(tmp_path):
    for piece in range(3):
        name = f"train-0000{piece}-of-00003.csv"
        written(tmp_path, **{name: f"text,label\nfrom {piece},{piece}\n"})
    assert load(tmp_path).texts == ["from 0", "from 1", "from 2"]


def test_parquet_files_name_their_classes(tmp_path):
    parquet(tmp_path / "data" / "train-00000-of-00001.parquet")
    corpus = load(tmp_path)
    assert corpus.classes == ("lost", "won")
    assert corpus.facts["label_numbers"] == {"0": "won", "1": "lost"}
    assert corpus.facts["skipped"] == {"without label": 1}
    file = tmp_path / "data" / "train-00000-of-00001.parquet"
    assert load(file, "file").label_names == corpus.label_names
    for labels in (["won"], ["0"]):
        asked = [row.text for row in FileRows(file, labels=labels) if row.text]
        assert asked == load(file, "file", labels=labels).texts == ["t0"]


@pytest.mark.parametrize("notes", [b"{", b"[]", b'{"info": {"features": {"label": 1}}}'])
def test_notes_that_say_nothing_are_passed_over(tmp_path, notes):
    table = pa.table({"text": ["a", "b"], "label": [0, 1]})
    pq.write_table(table.replace_schema_metadata({b"huggingface": notes}), tmp_path / "a.parquet")
    assert load(tmp_path / "a.parquet", "file").classes == ("0", "1")


def test_a_file_has_words_for_numbers_too(tmp_path):
    file = written(tmp_path, **{"a.csv": CSV}) / "a.csv"
    corpus = load(file, "file")
    assert corpus.classes == ("bad", "good")
    assert corpus.labels == [1, 0, 0]
    for labels in (["good"], ["2"]):
        asked = [row.text for row in FileRows(file, labels=labels) if row.text]
        assert asked == load(file, "file", labels=labels).texts == ["a"]
    assert load(file, "file", label_fields=["label"]).label_names == {"label": ("0", "2")}


@pytest.mark.parametrize(
    "rows",
    [
        "a,0,bad\nb,1,bad\n",  # one word for two numbers
        "a,0,bad\nb,0,good\nc,1,fair\n",  # two words for one number
        "a,0,bad\nb,1,\n",  # a number without a word
        "a,0,1\nb,1,0\n",  # no words
    ],
)
def test_numbers_stay_where_the_words_are_not_one_to_one(tmp_path, rows):
    file = written(tmp_path, **{"a.csv": f"text,label,label_text\n{rows}"}) / "a.csv"
    corpus = load(file, "file")
    assert corpus.classes == ("0", "1")
    assert "label_numbers" not in corpus.facts


@pytest.mark.parametrize(
    ("files", "params", "line"),
    [
        ({"train.csv": CSV}, {"split": "tset"}, 'no split "tset"; name another (there are: train)'),
        ({"tweets.csv": CSV}, {}, "no train, validation or test split; name one"),
        ({"train.csv": CSV, "train.tsv": CSV}, {}, "the split train is there twice (train.csv,"),
        ({"train.csv": "text,label\n"}, {}, "train.csv: there are no rows in this file"),
        ({"train.csv": CSV}, {"label_field": "lable"}, 'train.csv: no column "lable"; did you'),
        ({"notes.txt": "x"}, {}, "no files of splits in it, such as train.csv and test.csv"),
        ({"train/data-00000-of-00001.arrow": "x"}, {}, "made by save_to_disk, whose files are"),
    ],
)
def test_what_cant_be_used_is_one_line(tmp_path, files, params, line):
    with pytest.raises(InputError) as error:
        load(written(tmp_path, **files), **params)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_that_isnt_there(tmp_path):
    with pytest.raises(InputError, match="none: no such folder"):
        load(tmp_path / "none")
