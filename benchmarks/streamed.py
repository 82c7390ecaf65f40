"""Explains N sentences in a stream; prints seconds and the process's peak memory in MiB.

Run as `python -m benchmarks.streamed MODEL N TINY`; the texts come as they are needed.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from tests import tiny

from astrid.explain.run import stream
from astrid.models.load import load_model

SENTENCE = "a film that is never quite as good as it wants to be but has its own slow charm"
WORDS = SENTENCE.split()


class Sentences(Sequence[str]):
    """`count` sentences of 6 to 18 words, made when they are asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(self._count))]
        if not 0 <= place < self._count:
            raise IndexError(place)
        # 6 and 18 words come equally often whatever the count is, so that work grows with it.
        return " ".join(WORDS[: 6 + place % 13])

    def __iter__(self) -> Iterator[str]:
        return (self[place] for place in range(self._count))


def main() -> None:
    source, count, small = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
    model = tiny.classifier("bert") if small else load_model(source)
    texts = Sentences(count)
    for _ in stream(model, Sentences(20), "gradient_x_input"):
        pass
    start = time.perf_counter()
    for _ in stream(model, texts, "integrated_gradients", params={"steps": 4}):
        pass
    spent = time.perf_counter() - start
    print(spent, peak_mib())


def peak_mib() -> float:
    """Of this process alone: what getrusage says counts the parent that started it as well."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
