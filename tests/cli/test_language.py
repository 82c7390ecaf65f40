"""`astrid explain` for language models."""

from itertools import pairwise

import pytest

from tests import tiny_lm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("models") / "lm"
    model, tokenizer = tiny_lm.build("llama")
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return place


def explain(astrid, folder, *options):
    return astrid("explain", folder, "good day", "-m", "occlusion", "--json", *options)


def test_the_next_token(astrid, folder):
    code, (found,), _ = explain(astrid, folder, "--next-token")
    assert code == 0
    assert found["target"]["label"] == found["prediction"]["label"]
    assert len(found["word_scores"]) == 2


def test_a_token_and_a_distractor(astrid, folder):
    _, (alone,), _ = explain(astrid, folder, "--token", " good", "--target", "logit")
    assert (alone["target"]["label"], alone["target"]["kind"]) == (" good", "logit")
    _, (other,), _ = explain(astrid, folder, "--token", " day", "--target", "logit")
    code, (both,), _ = explain(astrid, folder, "--token", " good", "--distractor", " day")
    assert code == 0
    assert both["target"]["kind"] == "logit_difference"
    difference = alone["target"]["value"] - other["target"]["value"]
    assert both["target"]["value"] == pytest.approx(difference, abs=1e-5)


def test_classes_after_a_prompt(astrid, folder):
    asked = ("--prompt", r"Case: {text}\nIt was", "--classes", " good, paid", "--class", "paid")
    code, (found,), _ = explain(astrid, folder, *asked)
    assert code == 0
    assert found["target"]["label"] == "paid"
    assert "Ċ" in found["tokens"], "the line break of the prompt"
    assert found["words"] == ["good", "day"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("--classes", " good,good"), '--classes: two classes are named "good"'),
        (("--classes", " good, paid, good"), '--classes: two classes are named "good"'),
        (("--token", " good", "--distractor", " good"), '" good" is given more than once'),
    ],
)
def test_classes_never_vanish(astrid, folder, asked, message):
    code, found, err = explain(astrid, folder, *asked)
    assert (code, found) == (2, [])
    assert message in err


def test_generated_tokens(astrid, folder):
    code, found, said = explain(astrid, folder, "--generate", "3")
    assert code == 0
    assert len(found) == 3
    assert "explaining (occlusion)" in said
    assert "3/3" in said
    texts = [item["text"] for item in found]
    assert texts[0] == "good day"
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--next-token", "--token", " a"), "give one"),
        (("--distractor", " a"), "--distractor goes with --token"),
        (("--prompt", "Case: {text}"), "--prompt is for a language model"),
        (("--prompt", "Case:", "--next-token"), "write {text} once"),
        (("--classes", " good, good day"), "begin with the same token"),
        (("--classes", ","), "its text is empty"),
        (("--generate", "2", "--class", "a"), "--class: --generate explains each token"),
        (
            ("--generate", "2", "--target", "logit_difference", "--against", "a"),
            "--against: --generate explains each token",
        ),
        (("--token", " good", "--distractor", " day", "--class", "a"), "--class: --distractor"),
        (
            ("--token", " good", "--distractor", " day", "--target", "probability"),
            "--target probability: --distractor",
        ),
        (("--next-token", "-m", "lrp"), "lrp needs relevance"),
    ],
)
def test_what_can_not_be_asked_is_one_line(astrid, folder, options, message):
    code, printed, said = explain(astrid, folder, *options)
    assert (code, printed) == (2, [])
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_corpus_is_explained_by_classifiers_only(astrid, folder, csv_file, tmp_path):
    code, _, said = astrid(
        "explain", folder, "--data", csv_file, "--next-token", "--out", tmp_path / "out"
    )
    assert code == 2
    assert "--out goes with --data and a classifier" in said
