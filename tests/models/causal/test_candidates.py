"""Candidate tokens: which ones labels begin with, and what tokens are called."""

import pytest
import torch

from astrid.errors import InputError
from astrid.models.causal.candidates import among, columns_of, name_of
from astrid.models.causal.prompt import Prompt
from tests import tiny, tiny_lm
from tests.models.causal.spaced import spaced


def asked(labels, end="was", constrained=False, tokenizer=None):
    backend = (tokenizer or tiny_lm.bytes_and_back()).backend_tokenizer
    return among(labels, backend, end, constrained, None)


def test_columns_give_the_probabilities_of_the_whole_vocabulary():
    logits = torch.randn(5, 40, dtype=torch.float64) * 20
    columns = torch.stack([torch.randperm(40)[:3] for _ in range(5)])
    found = columns_of(logits, columns, with_rest=True).softmax(-1)
    expected = logits.softmax(-1).gather(1, columns)
    torch.testing.assert_close(found[:, :3], expected)
    torch.testing.assert_close(found.sum(1), torch.ones(5, dtype=torch.float64))


@pytest.mark.parametrize("end", ["was", "", "was:", "was "])
def test_labels_begin_with_the_token_that_follows_the_prompt(end):
    backend = tiny_lm.bytes_and_back().backend_tokenizer
    found = asked({"yes": " good day", "no": "The"}, end)
    assert [backend.id_to_token(token) for token in found.tokens] == ["Ġgood", "The"]


def test_a_tokenizer_that_puts_a_space_before_every_text_is_seen_through():
    backend = spaced()
    found = among([" good", "good"], backend, "was", False, None)
    assert [backend.id_to_token(token) for token in found.tokens] == ["▁good", "g"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"a": "", "b": " good"}, 'label "a": its text is empty'),
        ({"a": " good", "b": " good day"}, 'labels "a" and "b" begin with the same token'),
        ({}, "give at least one"),
        ([" good", " day", " good"], 'labels: " good" is given more than once'),
        ("good", "labels: give a list of texts"),
        ([" good", 3], "labels: give a list of texts"),
        ({"good": 3}, "labels: names and texts are strings"),
    ],
)
def test_labels_that_can_not_be_told_apart_are_refused(labels, message):
    with pytest.raises(InputError, match=message):
        asked(labels)


def test_a_single_label_can_not_share_all_probability():
    with pytest.raises(InputError, match="two where they share"):
        asked([" good"], constrained=True)


def test_a_label_outside_the_vocabulary_is_refused():
    backend = tiny.wordpiece().backend_tokenizer
    unknown = backend.token_to_id("[UNK]")
    with pytest.raises(InputError, match='label "no": the vocabulary has no token'):
        among({"yes": "good", "no": "语"}, backend, ":", False, unknown)


def test_names_keep_the_space_and_show_pieces_that_are_no_whole_sign():
    backend = tiny_lm.bytes_and_back().backend_tokenizer
    names = [name_of(backend, backend.token_to_id(piece)) for piece in ("Ġgood", "The", "Ã")]
    assert names == [" good", "The", "Ã"]
    assert name_of(spaced(), spaced().token_to_id("▁good")) == " good"


def test_a_pattern_has_one_place_for_the_text():
    assert Prompt.of("Case: {text}\nIt was") == Prompt("Case: ", "\nIt was")
    for pattern in ("Case:", "{text} or {text}"):
        with pytest.raises(InputError, match="once"):
            Prompt.of(pattern)
