"""Batches: every text once, like lengths together, the order decided by seed and epoch."""

import numpy as np

from astrid.models.tokenizers import train_wordpiece
from astrid.training.data import OrderedBatches, ShuffledBatches, TokenisedTexts, loader
from tests.training.toy import corpus


def test_every_text_once_in_an_order_of_its_own() -> None:
    lengths = np.random.default_rng(0).integers(3, 50, 1000)
    batches = ShuffledBatches(lengths, 16, seed=3)
    first, again = list(batches), list(batches)
    assert first == again
    assert sorted(row for batch in first for row in batch) == list(range(1000))
    assert len(first) == len(batches) == 63
    batches.set_epoch(1)
    assert list(batches) != first
    assert list(ShuffledBatches(lengths, 16, seed=4)) != first


def test_batches_pad_little() -> None:
    lengths = np.random.default_rng(0).integers(3, 200, 2000)
    for batches in (ShuffledBatches(lengths, 16, seed=0), OrderedBatches(lengths, 16)):
        padded = sum(len(batch) * lengths[batch].max() for batch in batches)
        assert padded < 1.05 * lengths.sum()


def test_a_batch_holds_what_the_tokenizer_says() -> None:
    texts = corpus(20, 1)
    tokenizer = train_wordpiece(texts.texts, 100, 10)
    tokenised = TokenisedTexts(texts.texts, texts.labels, tokenizer, 10)
    for batch in loader(tokenised, OrderedBatches(tokenised.lengths, 6)):
        rows = batch.rows.tolist()
        expected = tokenizer(
            [texts.texts[row] for row in rows],
            padding=True,
            truncation=True,
            max_length=10,
            return_tensors="pt",
        )
        assert batch.ids.tolist() == expected["input_ids"].tolist()
        assert batch.mask.tolist() == expected["attention_mask"].tolist()
        assert batch.type_ids.tolist() == expected["token_type_ids"].tolist()
        assert batch.labels.tolist() == [texts.labels[row] for row in rows]
