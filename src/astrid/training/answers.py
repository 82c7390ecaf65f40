"""What a finished model answers to many texts."""

from collections.abc import Sequence
from typing import Any

import torch

from astrid.models.protocol import Batch
from astrid.models.text_model import TransformerClassifier
from astrid.text.document import Corpus
from astrid.training.data import OrderedBatches, TokenisedTexts
from astrid.training.quality import Metrics, measure

_BATCH = 32


def logits_of(model: TransformerClassifier, tokenizer: Any, texts: Sequence[str]) -> torch.Tensor:
    """`[N, K]` float32 logits on the CPU, of texts cut to the model's length.

    Models whose answers padding would change are asked text by text.
    """
    tokenised = TokenisedTexts(texts, [0] * len(texts), tokenizer, model.max_length)
    batches = OrderedBatches(tokenised.lengths, _BATCH if model.pads else 1)
    found = torch.zeros(len(texts), len(model.labels))
    with torch.inference_mode():
        for rows in batches:
            batch = tokenised[rows].to(model.device)
            given = Batch(mask=batch.mask, type_ids=batch.type_ids, ids=batch.ids)
            found[rows] = model.values(given).float().cpu()
    return found


def metrics_of(model: TransformerClassifier, tokenizer: Any, corpus: Corpus) -> Metrics:
    """How well the model does on `corpus`, whose classes are the model's."""
    return measure(logits_of(model, tokenizer, corpus.texts), torch.tensor(corpus.labels))
