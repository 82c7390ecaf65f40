"""What a model of several tasks answers to the documents of a corpus, read as it was trained to."""

import numpy as np

from astrid.analysis.task_baselines import LabelledTexts
from astrid.explain.run import predict
from astrid.models.text_model import TransformerClassifier
from astrid.progress import Advance, silent
from astrid.text.document import Corpus
from astrid.training.joined import joined


def as_trained(model: TransformerClassifier, corpus: Corpus) -> Corpus:
    """The documents as the model reads them: those of a group joined, where it learnt them so.

    Raises:
        InputError: documents of one group have different labels.
    """
    if not getattr(model.config, "join_groups", False):
        return corpus
    return joined(corpus, model.whole_tokenizer(), model.max_length)


def read(
    model: TransformerClassifier, corpus: Corpus, advance: Advance = silent
) -> tuple[LabelledTexts, np.ndarray]:
    """The texts as the model reads them, with their labels, and its probabilities `[N, K]`.

    Groups are left out where the model judges each text by itself.

    Raises:
        InputError: the corpus has not the model's tasks, or a class that the model has not.
    """
    joins = getattr(model.config, "join_groups", False)
    texts = LabelledTexts.of(as_trained(model, corpus), model.tasks)
    if not joins:
        texts = LabelledTexts(texts.texts, texts.labels)
    return texts, predict(model, texts.texts, advance=advance)
