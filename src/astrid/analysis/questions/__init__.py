"""The five questions of a study, each answered by a sentence that the numbers decide."""

from astrid.analysis.questions._answer import Answer, Finding

__all__ = ["Answer", "Finding"]
