"""What a classifier must beat to have learnt anything from the order of words."""

from collections import Counter

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from astrid.text.document import Corpus
from astrid.text.words import find_words


def bag_of_words(train: Corpus, test: Corpus) -> float:
    """Accuracy in [0, 1] on `test` of a logistic regression over word counts of `train`.

    Words are those of `find_words`, in lower case; scikit-learn's default penalty (C = 1).

    Args:
        train: documents of at least two classes of the task `label`.
        test: documents of the same classes.

    >>> names = {"label": ("lost", "won")}
    >>> from astrid.text.document import Document
    >>> texts = ("He won.", "She lost.", "They won!", "We lost!")
    >>> corpus = Corpus("tiny", tuple(Document(text, text, {"label": int("won" in text)})
    ...     for text in texts), names)
    >>> bag_of_words(corpus, corpus), majority(corpus, corpus)
    (1.0, 0.5)
    """
    vectorizer = CountVectorizer(analyzer=_words)
    model = LogisticRegression(max_iter=1000)
    model.fit(vectorizer.fit_transform(train.texts), train.labels)
    return float(model.score(vectorizer.transform(test.texts), test.labels))


def majority(train: Corpus, test: Corpus) -> float:
    """Accuracy in [0, 1] on `test` of always answering the commonest class of `train`.

    Of equally common classes, the one with the lowest index.
    """
    counts = Counter(train.labels)
    commonest = min(counts, key=lambda label: (-counts[label], label))
    return float(np.mean([label == commonest for label in test.labels]))


def _words(text: str) -> list[str]:
    lower = text.lower()
    return [lower[start:end] for start, end in find_words(lower)]
