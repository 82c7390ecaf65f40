"""Rows of files of any size: the same as the whole file gives, and one line for what is broken."""

import io
import tracemalloc

import pandas as pd
import pytest

from astrid.errors import InputError
from astrid.text import rows as rows_module
from astrid.text.load import DataSpec, has_labels, load_corpus, load_unlabelled
from astrid.text.rows import CorpusRows, FileRows, TextRow

TEXTS = ["He paid.", 'She said "no",\nand left', "  ", "é 🎉\r\nend", "x" * 200_000, "", "7"]


def written(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    frame = pd.DataFrame({"name": list("abcdefg"), "text": TEXTS, "label": [0, 1, 0, 1, 2, 1, 0]})
    if kind in ("csv", "tsv"):
        frame.to_csv(path, index=False, sep="," if kind == "csv" else "\t", encoding="utf-8-sig")
    elif kind == "parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "ndjson", "parquet"])
@pytest.mark.parametrize("labels", [None, ("0", "1")])
def test_the_rows_are_those_of_the_whole_file(tmp_path, kind, labels):
    path = written(tmp_path, kind)
    params = {"path": str(path), "id_field": "name", "labels": labels}
    corpus = load_corpus(DataSpec(source="file", params=params))
    found = list(FileRows(path, id_field="name", labels=labels))
    assert [row.row for row in found] == list(range(1, 8))
    used = [(row.id, row.text) for row in found if row.text is not None]
    # Text files in universal newline mode would lose the carriage return.
    assert [(name, text.replace("\r\n", "\n")) for name, text in used] == [
        (document.id, document.text.replace("\r\n", "\n")) for document in corpus
    ]


def test_labels_are_not_needed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("facts\nHe paid.\n\n,\n".replace(",", "no"), encoding="utf-8")
    rows = FileRows(path, "facts")
    assert list(rows) == list(rows) == [TextRow(1, "1", "He paid."), TextRow(2, "2", "no")]


def test_a_file_without_labels_as_a_corpus(tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("text,more\nfirst,1\n ,2\nthird,3\n", encoding="utf-8")
    spec = DataSpec(source="file", params={"path": str(path)})
    assert not has_labels(spec)
    assert has_labels(DataSpec(source="file", params={"path": str(path), "label_field": "more"}))
    assert has_labels(DataSpec(source="verdicts"))
    corpus = load_unlabelled(spec)
    assert [(document.id, document.text) for document in corpus] == [("1", "first"), ("3", "third")]
    assert not any(document.labels for document in corpus)
    assert corpus.facts["skipped"] == {"without text": 1}


def test_documents_of_a_corpus():
    corpus = load_corpus(DataSpec(source="verdicts", params={"train": 20}))
    found = list(CorpusRows(corpus))
    assert [row.text for row in found] == corpus.texts
    assert found[0] == TextRow(1, corpus.documents[0].id, corpus.texts[0])


BROKEN = {
    "empty.csv": (b"", "the file is empty"),
    "column.csv": (b"txt\na\n", 'no column "text"; did you mean "txt"'),
    "surplus.csv": (b"text,label\na,b\na,b,c\n", "line 3: 3 fields, where the header has 2"),
    "quote.csv": (b'text\nb\n"a,b\n\nc', "line 5: unexpected end of data; check the quotes"),
    "nul.csv": (b"text\na\na\0b\n", "line 3 holds a NUL byte"),
    "latin.csv": (b"text\ncaf\xe9\n", "line 2 is not UTF-8"),
    "utf16.csv": ("text\na".encode("utf-16"), "line 1 holds a NUL byte"),
    "broken.jsonl": (b'{"text": "a"}\n{\n', "line 2 is not JSON"),
    "list.jsonl": (b"[1]\n", "line 1 is not a JSON object"),
    "deep.jsonl": (b"[" * 100_000, "line 1 is not JSON"),
    "column.jsonl": (b'{"txt": "a"}\n', 'no column "text"; did you mean "txt"'),
    "half.jsonl": (b'{"text": "b"}\n{"text": "a \\ud800"}\n', "row 2: the text has half"),
    "object.jsonl": (b'{"text": {"a": 1}}\n', "row 1: the text is a dict"),
    "damaged.parquet": (b"PAR1" + b"x" * 50 + b"PAR1", "not a parquet file, or a damaged one"),
    "file.xlsx": (b"a", "unknown kind of file; use .csv"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_give_one_line_that_names_them(tmp_path, name):
    content, line = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(FileRows(tmp_path / name))
    assert str(caught.value).startswith(str(tmp_path / name))
    assert line in str(caught.value)


def test_a_parquet_file_that_is_damaged_within(tmp_path):
    buffer = io.BytesIO()
    frame = pd.DataFrame({"text": [f"some text {number}" * 9 for number in range(4000)]})
    frame.to_parquet(buffer, row_group_size=1000, compression=None)
    content = bytearray(buffer.getvalue())
    middle = len(content) // 2
    content[middle : middle + 9000] = b"\xff" * 9000
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: damaged after row \d+; write it again"):
        list(FileRows(tmp_path / "a.parquet"))


def test_missing_files_folders_and_lines_without_end(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no such file"):
        list(FileRows(tmp_path / "none.csv"))
    with pytest.raises(InputError, match="this is a folder"):
        list(FileRows(tmp_path))
    monkeypatch.setattr(rows_module, "LONGEST_LINE", 2**20)
    (tmp_path / "a.jsonl").write_text('{"text": "' + "a" * 2**21)
    with pytest.raises(InputError, match="line 1 is longer than 1 MiB"):
        list(FileRows(tmp_path / "a.jsonl"))
    (tmp_path / "a.csv").write_text('text\n"' + "a\n" * 2**20)
    with pytest.raises(InputError, match="field larger than field limit"):
        list(FileRows(tmp_path / "a.csv"))


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_is_never_in_memory_as_a_whole(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    frame = pd.DataFrame({"text": [f"{number} " + "word " * 400 for number in range(5000)]})
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path, compression=None, row_group_size=500)
    next(iter(FileRows(path)))  # imports
    tracemalloc.start()
    assert sum(1 for _ in FileRows(path)) == 5000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3e6  # of 10 MB of text
