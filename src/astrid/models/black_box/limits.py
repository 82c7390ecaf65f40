"""What calls to a model out of reach may take: time, number, pace and money."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from pydantic import Field

from astrid.errors import CallError
from astrid.spec import Spec

T = TypeVar("T")


class Limits(Spec):
    """Bounds of the calls of one model.

    Attributes:
        timeout: seconds for one call from its start to the last byte; None waits for ever.
        retries: further attempts after a failure that may pass.
        first_wait: seconds before the first of them; each later wait is twice as long.
        longest_wait: most seconds of one wait, whatever the server asks for.
        rate_limit: most calls a second, at least 1e-5, about one a day; None is no limit.
        budget: most calls in the model's life, attempts included; None is no limit.
        largest_answer: most bytes of one answer.
    """

    timeout: float | None = Field(default=60.0, gt=0, le=86_400)
    retries: int = Field(default=4, ge=0, le=100)
    first_wait: float = Field(default=0.5, ge=0, le=3600)
    longest_wait: float = Field(default=60.0, ge=0, le=86_400)
    rate_limit: float | None = Field(default=None, ge=1e-5)
    budget: int | None = Field(default=None, ge=0)
    largest_answer: int = Field(default=32 * 2**20, ge=1)


class Price(Spec):
    """What calls cost, in any currency; for estimates alone."""

    per_call: float = Field(default=0.0, ge=0)
    per_1000_texts: float = Field(default=0.0, ge=0)


class Meter:
    """Counts calls, holds their pace, and stops them at the budget; safe to share by threads."""

    def __init__(self, name: str, rate_limit: float | None, budget: int | None) -> None:
        self._name = name
        self._gap = 1 / rate_limit if rate_limit else 0.0
        self._budget = budget
        self._next = 0.0
        self._lock = threading.Lock()
        self.calls = 0

    @property
    def left(self) -> int | None:
        """Calls that the budget still allows; None where there is none."""
        return None if self._budget is None else max(self._budget - self.calls, 0)

    def take(self) -> None:
        """Count one call, and wait until its turn.

        Raises:
            CallError: the budget is used up.
        """
        with self._lock:
            if self.left == 0:
                raise CallError(f"{self._name}: the budget of {self._budget} calls is used up")
            self.calls += 1
            now = time.monotonic()
            turn = max(self._next, now)
            self._next = turn + self._gap
        if turn > now:
            time.sleep(turn - now)


def within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` returns or raises, or `TimeoutError` when the time is over.

    The call runs in a thread of its own. Python can't end a thread: one that hangs stays, but it
    keeps nobody waiting, the end of the program included.

    >>> within(1.0, lambda: 2)
    2
    """
    ended: SimpleQueue[tuple[list[T], BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            ended.put(([call()], None))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            ended.put(([], error))

    threading.Thread(target=run, daemon=True, name="astrid-call").start()
    try:
        value, error = ended.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return value[0]
