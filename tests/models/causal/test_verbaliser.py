"""The words that stand for labels: found in any vocabulary, or refused with the clash."""

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from astrid.errors import InputError
from astrid.models.causal.verbaliser import find_words
from tests import tiny_lm
from tests.models.causal.spaced import spaced


def vocabulary(*words):
    """Whole words, each with the sign for a space where it has one; letters are unknown."""
    places = {word: place for place, word in enumerate(("<unk>", *words))}
    tokenizer = Tokenizer(models.WordLevel(places, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    return tokenizer


def letters_only():
    """Every sign is a token of its own: what begins alike clashes."""
    signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ :▁"
    tokenizer = Tokenizer(models.BPE({sign: place for place, sign in enumerate(signs)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return tokenizer


def test_words_follow_the_prompt_as_they_are_where_the_vocabulary_has_them():
    backend = tiny_lm.bytes_and_back().backend_tokenizer
    found = find_words(["good", "refused"], backend, "was:")
    assert found.words == (" good", " refused")
    ids = [backend.encode("was:" + word, add_special_tokens=False).ids[-1] for word in found.words]
    assert found.token_ids["good"] == ids[0] == backend.token_to_id("Ġgood")
    assert found.texts == {"good": " good", "refused": " refused"}
    assert found.alike


@pytest.mark.parametrize("end", ["", "was: ", "was\n", "was<|end|>"])
def test_no_space_is_written_after_a_space_or_a_special_token(end):
    backend = Tokenizer.from_str(tiny_lm.bytes_and_back().backend_tokenizer.to_str())
    backend.add_special_tokens([AddedToken("<|end|>", special=True)])
    assert find_words(["good", "day"], backend, end).words == ("good", "day")


def test_one_spelling_serves_all_labels_where_one_does():
    known = vocabulary("▁bad", "▁Bad", "▁Good", "was:")
    found = find_words(["bad", "good"], known, "was:")
    assert found.words == (" Bad", " Good")
    assert found.alike


def test_labels_that_begin_alike_are_told_apart_by_capitals():
    found = find_words(["negative", "neutral", "positive"], letters_only(), "was\n")
    assert len(set(found.tokens)) == 3
    assert sorted(word[0] for word in found.words) == ["N", "n", "p"]
    assert not found.alike


def test_the_unknown_token_stands_for_no_label():
    known = vocabulary("bad", "Good", "was:")
    found = find_words(["bad", "good"], known, "was:")
    assert [known.id_to_token(token) for token in found.tokens] == ["bad", "Good"]
    with pytest.raises(InputError, match='label "other": the vocabulary has no token'):
        find_words(["bad", "other"], known, "was:")


def test_a_clash_is_shown():
    with pytest.raises(InputError, match='"na" and "nb" and "nc" begin with the same token "n"'):
        find_words(["na", "nb", "nc", "x"], letters_only(), "was\n")


def test_of_many_clashing_labels_a_few_are_named():
    names = [f"n{chr(97 + place)}" for place in range(20)]
    with pytest.raises(InputError) as caught:
        find_words(names, letters_only(), "was\n")
    assert '"na" and "nb" and "nc" and 17 more begin with' in str(caught.value)


def test_letters_are_used_only_where_they_are_asked_for():
    found = find_words(["na", "nb", "nc"], letters_only(), "was\n", letters=True)
    assert found.words == ("A", "B", "C")
    assert found.labels == ("na", "nb", "nc")


def test_a_tokenizer_that_puts_a_space_before_every_text_is_seen_through():
    found = find_words(["good", "was"], spaced(), "was:")
    assert [spaced().id_to_token(token) for token in found.tokens] == ["▁good", "▁was"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "there are 0"),
        (["good"], "there are 1; a classifier needs two"),
        (["good", " "], "one is empty"),
        (["good", "bad", "good"], '"good" is given more than once'),
        ("good", "give a list of texts"),
        ([0, 1], "give a list of texts"),
    ],
)
def test_label_spaces_that_make_no_classifier_are_one_clear_line(labels, message):
    with pytest.raises(InputError, match=message):
        find_words(labels, letters_only(), "was:")


def test_there_are_26_letters():
    with pytest.raises(InputError, match="27 are more than there are letters"):
        find_words([str(number) for number in range(27)], letters_only(), ":", letters=True)


def test_letters_are_only_advised_where_there_are_enough():
    labels = [f"thing {number}" for number in range(500)]
    with pytest.raises(InputError) as few:
        find_words(labels[:3], letters_only(), "Label:")
    assert "template.letters=true" in str(few.value)
    with pytest.raises(InputError) as many:
        find_words(labels, letters_only(), "Label:")
    assert "letters" not in str(many.value)
