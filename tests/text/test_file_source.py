"""Files as users have them: the right answer, or one line that says what is wrong."""

import json
from contextlib import suppress

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astrid.errors import InputError
from astrid.text.load import DataSpec, data_spec_for, has_labels, load_corpus, load_splits

CSV = "text,label\nHe paid.,won\nShe left.,lost\n"


def load(path, **params):
    return load_corpus(DataSpec(source="file", params={"path": str(path)} | params))


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def jsonl(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_csv(tmp_path):
    corpus = load(written(tmp_path, "a.csv", CSV))
    assert corpus.texts == ["He paid.", "She left."]
    assert corpus.classes == ("lost", "won")
    assert corpus.labels == [1, 0]
    assert [document.id for document in corpus] == ["1", "2"]
    assert corpus.facts["skipped"] == {}


def test_every_kind_of_file_gives_the_same_corpus(tmp_path):
    texts = ['He said:\n“no”, "yes"', "NA", "  null\t", "é漢👩", "12"]
    frame = pandas.DataFrame({"text": texts, "label": [0, 1, 0, 1, 10]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    frame.to_parquet(tmp_path / "a.parquet")
    for kind in ("csv", "tsv", "jsonl", "parquet"):
        corpus = load(tmp_path / f"a.{kind}")
        assert corpus.texts == texts
        assert corpus.classes == ("0", "1", "10")
        assert corpus.labels == [0, 1, 0, 1, 2]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    content = b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode()
    assert load(written(tmp_path, "a.csv", content)).texts == ["He paid.", "She left."]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "1"], ("1", "9", "10")),
        ([True, False, True], ("false", "true")),
        ([1.0, 0.0, 2.0], ("0", "1", "2")),
        (["b ", " a", "b"], ("a", "b")),
    ],
)
def test_classes_are_sorted_numbers_by_value(tmp_path, labels, classes):
    rows = [{"text": f"t{place}", "label": label} for place, label in enumerate(labels)]
    assert load(written(tmp_path, "a.jsonl", jsonl(*rows))).classes == classes


def test_blank_rows_are_left_out_and_counted(tmp_path):
    content = CSV + ' ,won\n"",lost\nHe left.,\nHe ran.\nHe sat.,won\n'
    corpus = load(written(tmp_path, "a.csv", content))
    assert len(corpus) == 3
    assert corpus.facts["skipped"] == {"without text": 2, "without label": 2}


def test_missing_keys_and_nulls_of_jsonl_are_left_out(tmp_path):
    rows = ({"text": "a", "label": 1}, {"text": "b"}, {"text": None, "label": 0})
    corpus = load(written(tmp_path, "a.jsonl", jsonl(*rows, {"text": "c", "label": 0})))
    assert corpus.texts == ["a", "c"]


def test_labels_choose_and_order_the_classes(tmp_path):
    path = written(tmp_path, "a.csv", "text,label\na,1\nb,2\nc,3\nd,2\n")
    corpus = load(path, labels=[3, 2])
    assert corpus.classes == ("3", "2")
    assert corpus.labels == [1, 0, 1]
    assert corpus.facts["skipped"] == {"with another label": 1}


def test_limit_takes_the_first_usable_rows_and_keeps_the_classes(tmp_path):
    path = written(tmp_path, "a.csv", "text,label\n,1\na,2\nb,2\nc,1\n")
    corpus = load(path, limit=2)
    assert corpus.texts == ["a", "b"]
    assert corpus.classes == ("1", "2")


@pytest.mark.parametrize(
    ("rationale", "spans"),
    [
        ("paid", ((3, 7),)),
        (" paid ", ((3, 7),)),
        ("the", ((14, 17),)),
        ([[3, 7], [0, 2]], ((0, 2), (3, 7))),
        ("[[3, 5], [4, 7]]", ((3, 7),)),
        ('["He", "rent"]', ((0, 2), (18, 22))),
        (["He"], ((0, 2),)),
        ("[]", ()),
        ([], ()),
        ("", None),
        (None, None),
    ],
)
def test_rationales(tmp_path, rationale, spans):
    row = {"text": "He paid other the rent", "label": 0, "why": rationale}
    path = written(tmp_path, "a.jsonl", jsonl(row))
    (document,) = load(path, rationale_field="why")
    assert document.rationale == spans


@pytest.mark.parametrize("rationale", ["gone", [[0, 99]], [[3, 3]], [[1, 2, 3]], 7, {"a": 1}])
def test_a_rationale_that_is_not_in_the_text_is_refused(tmp_path, rationale):
    rows = ({"text": "a b", "label": 0}, {"text": "He paid", "label": 0, "why": rationale})
    with pytest.raises(InputError, match=r"a\.jsonl: row 2: "):
        load(written(tmp_path, "a.jsonl", jsonl(*rows)), rationale_field="why")


BROKEN = {
    "empty.csv": ("", "the file is empty"),
    "blank.csv": ("\n\n", "the file is empty"),
    "header.csv": ("text,label\n", "no rows"),
    "nothing.csv": ("text,label\n,won\n", "no row is left to use (left out: 1 without text)"),
    "column.csv": ("txt,label\na,b\n", 'no column "text"; did you mean "txt"? (known: txt, label)'),
    "far.csv": ("zzz,label\na,b\n", 'no column "text"; known: label, zzz'),
    "surplus.csv": ("text,label\na,b,c\n", "more fields than the header"),
    "wide.csv": ("text,label\na,b\na,b,c\n", "Expected 2 fields in line 3, saw 3"),
    "quote.csv": ('text,label\n"a,b\n', "EOF inside string"),
    "nul.csv": (CSV + "a\0b,won\n", "line 4 holds a NUL byte"),
    "utf16.csv": (CSV.encode("utf-16"), "NUL byte"),
    "latin.csv": (CSV.encode() + b"caf\xe9,won\n", "line 4 is not UTF-8"),
    "broken.jsonl": (jsonl({"text": "a", "label": 1}) + "{\n", "line 2 is not JSON"),
    "list.jsonl": ("[1]\n", "line 1 is not a JSON object"),
    "deep.jsonl": ("[" * 100_000, "line 1 is not JSON"),
    "half.jsonl": ('{"text": "a \\ud800", "label": 1}\n', "row 1: the text has half"),
    "object.jsonl": ('{"text": {"a": 1}, "label": 1}\n', "row 1: the text is a dict"),
    "label.jsonl": ('{"text": "a", "label": [1]}\n', "row 1: a label is a word or a number"),
    "damaged.parquet": (b"PAR1" + b"x" * 50 + b"PAR1", "not a parquet file, or a damaged one"),
    "file.xlsx": ("a", "unknown kind of file; use .csv"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_give_one_line_that_names_them(tmp_path, name):
    content, line = BROKEN[name]
    path = written(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value).startswith(str(path))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
    start=st.sampled_from([b"", b"text,label\n", b"text\tlabel\n", b'{"text": "a", "label": ']),
    rest=st.binary(max_size=40) | st.text('a1,\t"\n\r{}[]:', max_size=40).map(str.encode),
)
def test_any_bytes_give_a_corpus_or_one_line(tmp_path, kind, start, rest):
    path = written(tmp_path, f"any.{kind}", start + rest)
    # Any other error fails the test.
    with suppress(InputError):
        assert all(text.strip() for text in load(path).texts)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.csv")
    with pytest.raises(InputError, match="this is a folder"):
        load(tmp_path)
    with pytest.raises(InputError, match="can't be read"):
        load("a\0b.csv")


def test_wrong_settings_name_what_there_is(tmp_path):
    path = written(tmp_path, "a.csv", CSV)
    with pytest.raises(InputError, match='no row has the label "draw"; the labels are: lost, won'):
        load(path, labels=["won", "draw"])
    with pytest.raises(InputError, match="a class is there twice"):
        load(path, labels=["won", "won"])
    with pytest.raises(InputError, match=r"data.params.limit"):
        load(path, limit=0)
    with pytest.raises(InputError, match='did you mean "text_field"'):
        load(path, text_feild="a")
    with pytest.raises(InputError, match=r"data.params.path: this setting is required"):
        load_corpus(DataSpec(source="file"))


def test_ids_must_differ(tmp_path):
    path = written(tmp_path, "a.csv", "id,text,label\nx,a,0\ny,b,1\nx,c,1\n")
    with pytest.raises(InputError, match='row 3: the id "x" is there twice'):
        load(path, id_field="id")


def test_splits_of_a_file(tmp_path):
    rows = "".join(f"text {place},{place % 2}\n" for place in range(40))
    path = written(tmp_path, "a.csv", "text,label\n" + rows)
    spec = DataSpec(source="file", params={"path": str(path)}, fractions=(0.5, 0.25, 0.25))
    parts = load_splits(spec)
    assert [len(parts.train), len(parts.validation), len(parts.test)] == [20, 10, 10]


def test_what_the_command_line_calls_data(tmp_path):
    path = written(tmp_path, "a.csv", "post,kind,why\nHe paid,x,paid\nno,y,\n")
    corpus = load_corpus(data_spec_for(str(path), "post", "kind", "why"))
    assert [document.rationale for document in corpus] == [((3, 7),), None]
    assert data_spec_for("sst2").source == "sst2"
    with pytest.raises(InputError, match="neither a file nor a source of data; did you mean"):
        data_spec_for("tweet")


TASKS = (
    "post,who,ei,tf\n"
    "Hi all.,anna,I,T\nMe too.,anna,I,\nNo.,ben,E,F\nOh.,ben,,F\nWhat?,,,\nUm.,carl,E,x\n"
)


def tasks(tmp_path, **params):
    path = written(tmp_path, "a.csv", TASKS)
    return load(path, text_field="post", group_field="who", **params)


def test_several_columns_of_labels_are_several_tasks(tmp_path):
    corpus = tasks(tmp_path, label_fields=["ei", "tf"])
    assert corpus.label_names == {"ei": ("E", "I"), "tf": ("F", "T", "x")}
    assert [dict(document.labels) for document in corpus] == [
        {"ei": 1, "tf": 1},
        {"ei": 1},
        {"ei": 0, "tf": 0},
        {"tf": 0},
        {"ei": 0, "tf": 2},
    ]
    assert [document.group for document in corpus] == ["anna", "anna", "ben", "ben", "carl"]
    assert corpus.facts["skipped"] == {"without label": 1}


def test_each_task_may_choose_and_order_its_classes(tmp_path):
    corpus = tasks(tmp_path, label_fields={"ei": None, "tf": ["T", "F"]})
    assert corpus.label_names == {"ei": ("E", "I"), "tf": ("T", "F")}
    assert [dict(document.labels) for document in corpus][-2:] == [{"tf": 1}, {"ei": 0}]
    corpus = tasks(tmp_path, label_fields={"tf": ["F", "T"]})
    assert corpus.facts["skipped"] == {"without label": 2, "with another label": 1}


def test_one_column_of_several_is_a_task_with_its_name(tmp_path):
    assert tasks(tmp_path, label_fields=["tf"]).label_names == {"tf": ("F", "T", "x")}


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"label_fields": ["ei", "tff"]}, 'a.csv: no column "tff"; did you mean "tf"?'),
        ({"label_fields": {"tf": ["T", "Y"]}}, "the labels of the column tf are: F, T, x"),
        ({"label_fields": {"tf": ["T", "T"]}}, "of the column tf: a class is there twice"),
        ({"label_fields": []}, "data.params.label_fields"),
        ({"label_fields": ["ei"], "labels": ["E"]}, "classes of several tasks in label_fields"),
        ({"label_fields": ["ei"], "group_field": "whom"}, 'no column "whom"; did you mean "who"?'),
    ],
)
def test_wrong_fields_of_tasks_are_named(tmp_path, fields, line):
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, "a.csv", TASKS), text_field="post", **fields)
    assert line in str(caught.value)


def test_a_column_of_several_without_any_label_is_named(tmp_path):
    path = written(tmp_path, "a.csv", "text,ei,tf\na,E,\nb,I, \n")
    with pytest.raises(InputError, match='no row has a label in the column "tf"; leave it out'):
        load(path, label_fields=["ei", "tf"])


def test_groups_are_words_or_numbers(tmp_path):
    rows = [{"text": f"t{i}", "label": i, "who": who} for i, who in enumerate([7, 7.0, "7", " "])]
    corpus = load(written(tmp_path, "a.jsonl", jsonl(*rows)), group_field="who")
    assert [document.group for document in corpus] == ["7", "7", "7", None]
    broken = jsonl(*rows, {"text": "x", "label": 1, "who": [1]})
    with pytest.raises(InputError, match="row 5: a group is a word or a number, not a list"):
        load(written(tmp_path, "b.jsonl", broken), group_field="who")


def test_columns_with_commas_on_the_command_line_are_several_tasks(tmp_path):
    path = written(tmp_path, "a.csv", TASKS)
    spec = data_spec_for(str(path), "post", "ei, tf")
    assert list(load_corpus(spec).label_names) == ["ei", "tf"]
    assert has_labels(spec)
    assert not has_labels(data_spec_for(str(path), "post", "xy,yz"))
