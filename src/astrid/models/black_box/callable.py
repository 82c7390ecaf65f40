"""A Python function as a text classifier."""

from collections.abc import Sequence

from astrid.errors import CallError, InputError
from astrid.models.black_box.answers import Outputs
from astrid.models.black_box.box import BlackBox, Function
from astrid.models.black_box.limits import Limits, Price, within
from astrid.spec import checked


class CallableModel(BlackBox):
    """A classifier that is a function of a list of strings.

    Args:
        function: takes N texts and gives `[N, K]` numbers, or for each text a list of
            `{"label": …, "score": …}` objects of all classes, as a transformers pipeline with
            `top_k=None` does.
        labels: names of the K classes, in the order of the numbers.
        name: for tables and messages.
        replacement: what stands for a word that is left out; None leaves nothing there.
        outputs: `probabilities` (in [0, 1], summing to 1 within 0.001) or `logits`.
        batch_size: most texts in one call.
        timeout: seconds that one call may take. The function then runs in a thread, which Python
            can't end: a call that is given up goes on in the background. None runs it in place,
            without a limit.
        budget: most calls in all; None is no limit.
        price: of the calls, for `astrid.explain.estimate`.

    Raises:
        InputError: not a function, fewer than two classes, or a setting out of range.

    >>> def shouting(texts):
    ...     loud = [sum(map(str.isupper, text)) / max(len(text), 1) for text in texts]
    ...     return [[1 - share, share] for share in loud]
    >>> CallableModel(shouting, ["calm", "loud"], name="shouting")
    CallableModel('shouting', labels=['calm', 'loud'])
    """

    def __init__(
        self,
        function: Function,
        labels: Sequence[str],
        *,
        name: str = "function",
        replacement: str | None = None,
        outputs: Outputs = "probabilities",
        batch_size: int = 32,
        timeout: float | None = None,
        budget: int | None = None,
        price: Price | None = None,
    ) -> None:
        if not callable(function):
            raise InputError(f"{name}: a function of a list of strings is needed")
        super().__init__(
            labels,
            name=name,
            replacement=replacement,
            outputs=outputs,
            batch_size=batch_size,
            limits=checked(Limits, {"timeout": timeout, "retries": 0, "budget": budget}, name),
            price=price or Price(),
        )
        self._function = function

    def _ask(self, texts: list[str]) -> object:
        self.meter.take()
        given = list(texts)  # a function may use its list up
        try:
            if self.limits.timeout is None:
                return self._function(given)
            return within(self.limits.timeout, lambda: self._function(given))
        except TimeoutError as error:
            raise CallError(f"{self.name}: {str(error) or 'timed out'}") from error
        except CallError:
            raise
        except Exception as error:
            message = " ".join(str(error).split())[:200]
            raise CallError(
                f"{self.name}: the function raised {type(error).__name__}: {message}"
            ) from error
