"""Labels in their order."""

from itertools import permutations

from astrid.llm.texts import kept
from astrid.text.document import Corpus, Document


def test_a_word_that_reads_as_a_number_does_not_shuffle_labels():
    for names in permutations(("nan", "1", "2")):
        documents = tuple(Document(str(n), "text", {"label": n}) for n in range(3))
        assert kept(Corpus("tiny", documents, {"label": names}), None).classes == ("1", "2", "nan")
