"""The engine: runs many explanations at once through shared, length-sorted, bounded batches.

A method is a generator of requests. The engine keeps a window of texts under way, pools the rows
that their methods ask for, fills batches of nearly one length up to a budget of tokens, and sends
the answers back. Memory is bounded by the budget and the window, whatever the number of texts.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic

import numpy as np
import torch

from astrid.errors import CallError, InputError
from astrid.explain import batches, work
from astrid.explain.requests import (
    Answer,
    Asking,
    MaskedRows,
    Request,
    Result,
    TokenScores,
)
from astrid.explain.targets import Resolved, Target, resolve
from astrid.models.memory import out_of_memory
from astrid.models.modes import plain_modes
from astrid.models.outputs import classes
from astrid.models.protocol import EncodedText, ReadsStrings, TextModel

TOKEN_BUDGET = 2048
"""Tokens in one batch, unless asked otherwise."""

WINDOW = 4
"""Rows of about this many batches are pooled before one is filled: enough to sort by length."""


@dataclass(frozen=True, eq=False)
class PlainAnswer:
    """What the model said to the plain text when it was asked before.

    Attributes:
        logits: `[K]`.
        seconds: what it took.
    """

    logits: np.ndarray
    seconds: float


@dataclass(frozen=True, eq=False)
class Job(Generic[Result]):
    """One thing to find out about a text: a method bound to its settings, and a target.

    Most jobs are explanations; whatever asks in the same way can be one, such as a measure.
    With `plain` given, the forward pass on the plain text is not run again; its time still counts.
    """

    text: EncodedText
    method_name: str
    method: Callable[[EncodedText], Asking[Result]]
    target: Target
    plain: PlainAnswer | None = None


@dataclass(frozen=True, eq=False)
class Outcome(Generic[Result]):
    """What came of one job.

    Attributes:
        result: what the method returned.
        logits: `[K]` the model's output on the plain text.
        target: the target, its classes filled in.
        evaluations: rows that the model ran for this job.
        seconds: time of the method itself and, by tokens, its part of the batches' time.
    """

    result: Result
    logits: np.ndarray
    target: Resolved
    evaluations: int
    seconds: float


@dataclass(eq=False)
class _Session:
    """A job under way."""

    number: int
    job: Job[Any]
    cache: work.RowCache
    current: work.Work
    method: Asking[Any] | None = None
    logits: np.ndarray = field(default_factory=lambda: np.zeros(0))
    target: Resolved = field(default_factory=lambda: Resolved("logit", 0, 0, classes(1)))
    evaluations: int = 0
    seconds: float = 0.0


class Engine:
    """Runs jobs on one model.

    Args:
        model: what answers the requests.
        token_budget: tokens in one batch, padding included; a model that reads strings has its
            own number of texts instead.
    """

    def __init__(self, model: TextModel, token_budget: int = TOKEN_BUDGET) -> None:
        if token_budget < 1:
            raise InputError(f"token_budget: {token_budget} tokens hold no row; give at least 1")
        self._model = model
        # Texts under way at most: of strings, as many as make full calls, so that a call that
        # fails finds few texts unfinished.
        self._most = model.batch_size if isinstance(model, ReadsStrings) else None
        self._budget = token_budget if self._most is None else self._most
        self._sessions: dict[int, _Session] = {}
        self._pool: list[work.Chunk] = []
        self._owner: dict[work.Work, _Session] = {}

    def run(self, jobs: Iterable[Job[Result]]) -> Iterator[tuple[int, Outcome[Result]]]:
        """Finished jobs with their numbers (from 0), as they come.

        Raises:
            InputError: a method can't be run on this model, or answers or scores are not finite.
            CallError: a call to the model failed; jobs whose rows were answered come before.
        """
        # An earlier run that was left unfinished must not mix with this one.
        self._sessions, self._pool, self._owner = {}, [], {}
        waiting = enumerate(jobs)
        more = True
        while more or self._sessions:
            while more and not self._full():
                following = next(waiting, None)
                more = following is not None
                if following is not None:
                    with self._modes():
                        self._admit(*following)
            try:
                with self._modes():
                    self._run_batch()
            except CallError:
                while self._ready():
                    yield from self._advance_all()
                raise
            yield from self._advance_all()

    def _modes(self) -> AbstractContextManager[None]:
        """Left before anything is yielded: the caller's own code runs in the caller's modes."""
        # So does what stands behind a black box, which may want them.
        strings = isinstance(self._model, ReadsStrings)
        return nullcontext() if strings else plain_modes(self._model.device)

    def _full(self) -> bool:
        if self._most is not None:
            return len(self._sessions) >= self._most
        rows = sum(len(chunk.rows) * chunk.cost for chunk in self._pool)
        texts = sum(len(session.job.text) for session in self._sessions.values())
        # A text under way holds a few vectors a token even while it has no rows in the pool.
        return rows >= WINDOW * self._budget or texts >= 4 * WINDOW * self._budget

    def _admit(self, number: int, job: Job[Any]) -> None:
        cache: work.RowCache = {}
        plain = MaskedRows(np.ones((1, len(job.text)), dtype=bool))
        first = work.start(self._model, job.text, plain, cache)
        session = _Session(number, job, cache, first)
        if job.plain is not None:
            assert isinstance(first, work.MaskedWork)
            first.receive(np.zeros(1, dtype=int), job.plain.logits[None])
            session.seconds = job.plain.seconds
        self._sessions[number] = session
        self._enlist(session, first)

    def _enlist(self, session: _Session, started: work.Work) -> None:
        session.current = started
        self._owner[started] = session
        self._pool.extend(started.chunks())

    def _ready(self) -> list[work.Work]:
        return [work for work in self._owner if work.remaining == 0]

    def _advance_all(self) -> Iterator[tuple[int, Outcome[Any]]]:
        """Go on with every session whose request is answered."""
        for finished in self._ready():
            session = self._owner.pop(finished)
            with self._modes():
                outcome = self._advance(session)
            if outcome is not None:
                del self._sessions[session.number]
                yield session.number, outcome

    def _run_batch(self) -> None:
        """Run one batch, if there is one."""
        if not self._pool:
            return
        chunks = batches.take(self._pool, self._budget, self._model.pads)
        sessions = [self._owner[chunk.work] for chunk in chunks]
        started = time.perf_counter()
        try:
            batches.evaluate(self._model, chunks, [session.target for session in sessions])
        except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
            if not out_of_memory(error) or sum(len(chunk.rows) for chunk in chunks) == 1:
                raise
            self._budget = max(self._budget // 2, 1)
            self._pool[:0] = chunks
            return
        seconds = time.perf_counter() - started
        tokens = sum(len(chunk.rows) * chunk.cost for chunk in chunks)
        for chunk, session in zip(chunks, sessions, strict=True):
            session.evaluations += len(chunk.rows)
            session.seconds += seconds * len(chunk.rows) * chunk.cost / tokens

    def _advance(self, session: _Session) -> Outcome[Any] | None:
        """Send the answer on; take up the next request, or return the result."""
        started = time.perf_counter()
        try:
            request = self._next_request(session)
        except StopIteration as stop:
            session.seconds += time.perf_counter() - started
            return _outcome(session, stop.value)
        session.seconds += time.perf_counter() - started
        plain = float(session.target.of(torch.as_tensor(session.logits)))
        self._enlist(
            session, work.start(self._model, session.job.text, request, session.cache, plain)
        )
        return None

    def _next_request(self, session: _Session) -> Request:
        finished = session.current
        if session.method is not None:
            answer = finished.answer(session.target)
            _check_finite(session, "answers", answer.values, answer.gradient, answer.attentions)
            return session.method.send(answer)
        assert isinstance(finished, work.MaskedWork)
        session.logits = finished.logits()[0]
        _check_finite(session, "answers", session.logits)
        session.target = resolve(session.job.target, session.logits, self._model.tasks)
        session.method = session.job.method(session.job.text)
        return next(session.method)


def ask(
    model: TextModel, text: EncodedText, request: Request, target: Target
) -> tuple[Answer, Outcome[Answer]]:
    """The model's answer to one request, without any method around it.

    Args:
        model: what answers.
        text: what it is asked about, encoded by the model.
        request: what is asked.
        target: the output that the answer's values are.

    Returns:
        The answer, and the outcome of a job that asks for nothing else.

    Raises:
        InputError: the model can't answer, or not in finite numbers.
    """

    def method(text: EncodedText) -> Asking[Answer]:
        return (yield request)

    ((_, outcome),) = Engine(model).run([Job(text, "ask", method, target)])
    return outcome.result, outcome


def _outcome(session: _Session, result: Result) -> Outcome[Result]:
    if isinstance(result, TokenScores):
        _check_finite(session, "scores", result.scores)
    return Outcome(result, session.logits, session.target, session.evaluations, session.seconds)


def _check_finite(session: _Session, what: str, *numbers: np.ndarray | None) -> None:
    if any(array is not None and not np.isfinite(array).all() for array in numbers):
        raise InputError(
            f"{session.job.method_name}: text {session.number} gets {what} that are not finite; "
            "the model's weights are damaged or overflow on it",
            text=session.number,
        )
