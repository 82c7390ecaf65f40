"""The five questions of a study, each answered by a sentence that the numbers decide."""

from astrid.analysis.questions import compensation, interaction, methods, reasoning, trade_off
from astrid.analysis.questions._answer import Answer, Finding
from astrid.study.records import StudyRecords

__all__ = ["Answer", "Finding", "answer_all"]


def answer_all(records: StudyRecords) -> tuple[Answer, ...]:
    """All five answers, in order; uncompressed models only."""
    questions = (compensation, reasoning, methods, trade_off, interaction)
    return tuple(question.answer(records) for question in questions)
