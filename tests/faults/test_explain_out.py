"""A run over a corpus that is killed, filled up, broken or doubled: what is finished stays."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from astrid import files
from astrid.cli.main import run
from astrid.errors import InputError
from astrid.explain.corpus_run import explain_to, here
from astrid.files import locked
from astrid.models.text_model import TransformerClassifier
from astrid.text.rows import FileRows
from tests import tiny

COMMAND = [sys.executable, "-c", "from astrid.cli import main; main()", "explain"]
MEASURED = """
import resource, sys
from astrid.cli.main import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    for part in tiny.build("bert"):
        part.save_pretrained(folder)
    return folder


def corpus(path, count):
    texts = [f"{tiny.SENTENCES[number % 5]} {number}" for number in range(count)]
    pd.DataFrame({"text": texts}).to_csv(path, index=False)
    return path


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*"))}


def test_killed_and_gone_on_with_the_bytes_are_the_same(model, tmp_path):
    data = corpus(tmp_path / "a.csv", 60)
    asked = [str(model), "--data", str(data), "-p", "steps=80", "--shard-size", "4", "--out"]
    assert run(["explain", *asked, str(tmp_path / "whole")]) == 0
    out = tmp_path / "killed"
    process = subprocess.Popen([*COMMAND, *asked, str(out)], stderr=subprocess.DEVNULL)
    while len(content(out)) < 2 and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 2 <= len(content(out)) < 15
    assert run(["explain", *asked, str(out)]) == 0
    assert content(out) == content(tmp_path / "whole")
    names = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("whole", out)]
    assert names[0] == names[1]


def test_two_runs_do_not_write_into_one_folder(tmp_path):
    rows = FileRows(corpus(tmp_path / "a.csv", 3))
    with locked(tmp_path / "out"), pytest.raises(InputError, match="another run writes there"):
        explain_to(tmp_path / "out", tiny.classifier(), rows)
    assert explain_to(tmp_path / "out", tiny.classifier(), rows).made == 1


def test_a_full_disk_is_one_line_and_what_is_finished_stays(tmp_path, monkeypatch):
    data, out = corpus(tmp_path / "a.csv", 12), tmp_path / "out"
    asked = {"method": "attention", "shard_size": 4}
    with monkeypatch.context() as patch:
        synced = []

        def full(handle):
            synced.append(handle)
            if len(synced) == 3:  # _run.json, the first shard, …
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(files.os, "fsync", full)
        with pytest.raises(InputError, match=r"00001\.parquet: .*No space left.*; free space"):
            explain_to(out, tiny.classifier(), FileRows(data), **asked)
    names = {path.name for path in out.iterdir()}
    assert names == {".lock", "_run.json", "shard-00000.parquet"}
    assert explain_to(out, tiny.classifier(), FileRows(data), **asked).made == 2


def test_a_broken_row_is_named_before_anything_is_explained_and_mended(tmp_path):
    data, out = corpus(tmp_path / "a.csv", 12), tmp_path / "out"
    asked = {"method": "attention", "shard_size": 4}
    whole = data.read_text()

    def first(spec, wanted, advance):
        yield next(here(tiny.classifier())(spec, wanted, advance))

    explain_to(out, tiny.classifier(), FileRows(data), runner=first, **asked)
    data.write_text(whole + 'one more,"\n')
    with pytest.raises(InputError, match=r"a\.csv: line 14: unexpected end"):
        explain_to(out, tiny.classifier(), FileRows(data), **asked)
    assert len(content(out)) == 1
    data.write_text(whole + "one more\n")
    written = explain_to(out, tiny.classifier(), FileRows(data), **asked)
    assert (written.texts, written.made) == (13, 3)


class Overflowing(TransformerClassifier):
    """Answers with numbers that are none to any text with the word rain."""

    def values(self, batch):
        word = self.encode("rain").ids[1]
        found = super().values(batch)
        assert batch.ids is not None
        return torch.where((batch.ids == word).any(dim=1, keepdim=True), torch.nan, found)


def test_a_text_that_can_not_be_explained_is_named_with_its_row(tmp_path):
    data, out = corpus(tmp_path / "a.csv", 12), tmp_path / "out"
    model = Overflowing(*tiny.build("bert"))
    asked = {"method": "lime", "params": {"samples": 4}, "shard_size": 6}
    text = data.read_text().replace("A witness saw the driver leave before the rain", "A", 1)
    data.write_text(text)
    with pytest.raises(InputError, match=r"a\.csv: row 7: lime: the text gets answers that"):
        explain_to(out, model, FileRows(data), **asked)
    assert list(content(out)) == ["shard-00000.parquet"]
    data.write_text(data.read_text().replace("the rain", "the"))
    assert explain_to(out, model, FileRows(data), **asked).made == 1


class Blind(TransformerClassifier):
    """Refuses texts as a tokenizer does that finds nothing in them."""

    def encode(self, text):
        if text.endswith(" 5"):
            raise InputError(f"{self.name}: a text has no token that the model can read")
        return super().encode(text)


def test_a_text_without_tokens_is_named_with_its_row(tmp_path):
    data = corpus(tmp_path / "a.csv", 8)
    with pytest.raises(InputError, match=r"a\.csv: row 6: .* no token"):
        explain_to(
            tmp_path / "out", Blind(*tiny.build("bert")), FileRows(data), "attention", shard_size=4
        )


def peak(model: Path, data: Path, out: Path) -> int:
    """Kilobytes that the command took at most."""
    arguments = ["explain", str(model), "--data", str(data), "-m", "attention", "--out", str(out)]
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments, "--shard-size", "250"],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(ended.stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_corpus(model, tmp_path):
    small = peak(model, corpus(tmp_path / "small.csv", 500), tmp_path / "small")
    large = peak(model, corpus(tmp_path / "large.csv", 10_000), tmp_path / "large")
    assert large <= 1.1 * small
