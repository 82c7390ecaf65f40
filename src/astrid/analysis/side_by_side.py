"""One text under two models, word by word, with what sets them apart.

Scores are compared after division by the largest |score| of each model, so that they lie in
[−1, 1]. A word is *used* from 0.3 on and *ignored* below 0.1, in absolute value. The first rule
that holds gives the verdict:

1. one model did not see the word (its text was cut off earlier): ✗
2. both use it at least a little (≥ 0.1), one of them fully (≥ 0.3), with opposite signs: ✗
3. it is the teacher's top word and the student gives it less than half of the teacher's weight: ✗
4. the student uses it and the teacher ignores it: ✗, naming the kind of word
5. the teacher uses it and the student ignores it: ✗
6. the scores differ by more than 0.5: ✗
7. otherwise ✓
"""

import unicodedata
from dataclasses import dataclass

import numpy as np

from astrid.explain.align import align
from astrid.explain.records import Explanation

USED = 0.3
IGNORED = 0.1
FAR_APART = 0.5
TOP_SHARE = 0.5

_KINDS = {
    "an article": "a an the",
    "a pronoun": "i me my you your he him his she her it its we us our they them their this that",
    "a preposition": "of in on at by for with from to into about as",
    "a conjunction": "and or but if because so than while",
    "an auxiliary verb": "is are was were be been being am do does did has have had will would can",
}
"""English function words that rule 4 names; the list is short on purpose."""

_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}


@dataclass(frozen=True)
class WordRow:
    """One word under both models.

    Attributes:
        word: as it stands in the text.
        teacher: the teacher's score, as the explanation has it.
        student: the student's score.
        teacher_share: teacher's score / its largest |score|, in [−1, 1].
        student_share: student's score / its largest |score|, in [−1, 1].
        agrees: ✓ or ✗.
        reason: why, in a few words.
    """

    word: str
    teacher: float
    student: float
    teacher_share: float
    student_share: float
    agrees: bool
    reason: str

    def to_dict(self) -> dict[str, object]:
        return {
            "word": self.word,
            "teacher": self.teacher,
            "student": self.student,
            "teacher_share": self.teacher_share,
            "student_share": self.student_share,
            "agrees": self.agrees,
            "reason": self.reason,
        }


def side_by_side(teacher: Explanation, student: Explanation) -> tuple[WordRow, ...]:
    """The words of one text with both models' scores and a verdict on each.

    Raises:
        InputError: the explanations are about different texts.
    """
    aligned = align(teacher, student)
    first, second = _shares(aligned.first), _shares(aligned.second)
    top = int(np.argmax(np.abs(first))) if first.any() else None
    rows = []
    for number, word in enumerate(aligned.words):
        shares = float(first[number]), float(second[number])
        saw_teacher, saw_student = aligned.seen[:, number]
        if not (saw_teacher and saw_student):
            blind = "student" if saw_teacher else "teacher"
            reason, agrees = f"the {blind} did not see this word: its text was cut off", False
        else:
            reason, agrees = _judge(word, *shares, is_top=number == top)
        scores = float(aligned.first[number]), float(aligned.second[number])
        rows.append(WordRow(word, *scores, *shares, agrees, reason))
    return tuple(rows)


def _shares(scores: np.ndarray) -> np.ndarray:
    return scores / np.abs(scores).max() if scores.any() else np.zeros(len(scores))


def _judge(word: str, teacher: float, student: float, is_top: bool) -> tuple[str, bool]:
    """Rules 2 to 7 of the module's docstring: the reason and whether the models agree."""
    weights = abs(teacher), abs(student)
    if teacher * student < 0 and min(weights) >= IGNORED and max(weights) >= USED:
        return "opposite sign", False
    if is_top and weights[1] < TOP_SHARE * weights[0]:
        return "underweights the teacher's top token", False
    if weights[1] >= USED and weights[0] < IGNORED:
        return f"attends to {kind_of_word(word)} the teacher ignores", False
    if weights[0] >= USED and weights[1] < IGNORED:
        return "ignores a word the teacher uses", False
    if abs(teacher - student) > FAR_APART:
        more = "more" if weights[1] > weights[0] else "less"
        return f"gives it much {more} weight than the teacher", False
    if max(weights) < USED:
        return "little weight in both", True
    return "similar weight", True


def kind_of_word(word: str) -> str:
    """What rule 4 calls a word.

    >>> kind_of_word("The"), kind_of_word("!!"), kind_of_word("42"), kind_of_word("movie")
    ('an article', 'a punctuation mark', 'a number', 'a word')
    """
    if all(unicodedata.category(sign).startswith("P") for sign in word):
        return "a punctuation mark"
    if word.isnumeric():
        return "a number"
    return _KIND_OF.get(word.lower(), "a word")
