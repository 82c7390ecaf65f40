"""The trained tokenizer: the same everywhere, and BERT's way of cutting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from astrid.errors import InputError
from astrid.models.tokenizers import SPECIAL, train_byte_level, train_wordpiece

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, random
from astrid.models.tokenizers import train_byte_level, train_wordpiece
draw = random.Random(0)
words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyzéß一二", k=6)) for _ in range(300)]
texts = [" ".join(draw.choices(words, k=20)) for _ in range(60)]
tokenizers = (train_wordpiece(texts, 400, 64), train_byte_level(texts, 400, 64))
learned = "".join(tokenizer.backend_tokenizer.to_str() for tokenizer in tokenizers)
print(hashlib.sha256(learned.encode()).hexdigest())
"""


def test_every_process_learns_the_same() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src"}
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 65


def test_encodes_as_bert_does() -> None:
    tokenizer = train_wordpiece(["The film, the film!", "a filmmaker"], 100, 8)
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL)) == [0, 1, 2, 3, 4]
    encoded = tokenizer("The FILM!", return_offsets_mapping=True)
    assert tokenizer.convert_ids_to_tokens(encoded["input_ids"]) == [
        "[CLS]",
        "the",
        "film",
        "!",
        "[SEP]",
    ]
    assert encoded["offset_mapping"] == [(0, 0), (0, 3), (4, 8), (8, 9), (0, 0)]
    pair = tokenizer("film", "the")
    assert pair["token_type_ids"] == [0, 0, 0, 1, 1]
    assert len(tokenizer("the " * 50, truncation=True)["input_ids"]) == 8


def test_vocabulary_is_bounded_and_signs_inside_words_are_no_special_tokens() -> None:
    texts = ["".join(chr(0x4E00 + i) for i in range(k, k + 20)) for k in range(0, 400, 10)]
    tokenizer = train_wordpiece(texts, 100, 64)
    assert len(tokenizer) <= 100
    assert len(tokenizer.get_added_vocab()) == len(SPECIAL)


def test_case_can_be_kept() -> None:
    tokenizer = train_wordpiece(["Go go Go go"], 40, 8, lowercase=False)
    assert tokenizer.tokenize("Go go") == ["Go", "go"]


def test_nothing_to_learn_from() -> None:
    with pytest.raises(InputError, match="no words"):
        train_wordpiece(["  ", ""], 100, 8)


def test_bytes_read_and_write_every_text() -> None:
    tokenizer = train_byte_level(["so happy, so very happy"] * 3, 300, 16)
    text = "so happy é 一 🙂\n\x00"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids) == text
    assert tokenizer.tokenize("so happy") == ["so", "Ġhappy"]
    assert 0 not in ids
    assert len(tokenizer) <= 300
    assert len(tokenizer("so " * 50, truncation=True)["input_ids"]) == 16


def test_a_vocabulary_without_room_for_the_bytes_is_refused() -> None:
    with pytest.raises(InputError, match="at least 258"):
        train_byte_level(["a"], 257, 16)
