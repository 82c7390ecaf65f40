"""The baselines on corpora whose answer is known."""

import numpy as np

from astrid.measures._baselines import bag_of_words, majority
from astrid.text.document import Corpus, Document


def corpus(texts, labels):
    pairs = enumerate(zip(texts, labels, strict=True))
    documents = (Document(str(place), text, {"label": label}) for place, (text, label) in pairs)
    return Corpus("made", tuple(documents), {"label": ("no", "yes")})


def test_majority_is_the_share_of_the_training_set_s_commonest_class():
    train = corpus("abc", [1, 1, 0])
    assert majority(train, corpus("abcd", [1, 0, 0, 0])) == 0.25
    assert majority(corpus("ab", [1, 0]), corpus("abcd", [1, 0, 0, 0])) == 0.75


def test_a_single_telling_word_is_found_whatever_its_case():
    train = corpus(["it is good", "it is bad", "good it was", "bad it was"], [1, 0, 1, 0])
    assert bag_of_words(train, corpus(["GOOD!", "so Bad"], [1, 0])) == 1.0


def test_the_order_of_words_can_not_be_seen():
    texts = ["first then second", "second then first"] * 20
    labels = [1, 0] * 20
    assert bag_of_words(corpus(texts, labels), corpus(texts, labels)) == 0.5


def test_random_labels_are_not_learnt():
    generator = np.random.default_rng(0)
    texts = [" ".join(map(str, generator.integers(0, 30, 8))) for _ in range(400)]
    labels = generator.integers(0, 2, 400).tolist()
    half = corpus(texts[:200], labels[:200]), corpus(texts[200:], labels[200:])
    assert 0.35 < bag_of_words(*half) < 0.65
