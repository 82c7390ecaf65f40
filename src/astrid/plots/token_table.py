"""One text word by word: each model's or method's score beside the next one's."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plotly.subplots import make_subplots

from astrid.errors import InputError
from astrid.plots._axes import number, short
from astrid.plots._paper import TWO_COLUMNS, page, plain, printed, ticks
from astrid.plots._scales import SIGNED, ink, paper_scale, plotly_scale
from astrid.plots._style import checked, escaped, noted, styled

COLUMNS = ("word", "column", "score")

MARK = "mark"
"""Optional column: what stands behind a score, for example ✓ or ✗."""

_TITLE = "Word by word"
_LEGEND = "Orange, above 0: for the class. Blue, below 0: against it. 1: the strongest word."
_BLOCK = 40  # words down, before the next block begins beside it
_PAGE = 55  # the same in print, where the page ends
_ROW, _INCHES = 24, 0.15
_WIDTH = 9  # columns of scores that fit beside each other, over all blocks
_LONGEST = 14


@dataclass(frozen=True)
class _Table:
    """`scores` and `marks` are `[N, C]` for N words and C columns."""

    words: tuple[str, ...]
    columns: tuple[str, ...]
    scores: np.ndarray
    marks: np.ndarray

    def blocks(self, longest: int) -> list["_Table"]:
        """Parts of about the same length that stand beside each other."""
        most = max(1, _WIDTH // len(self.columns))
        parts = min(most, math.ceil(len(self.words) / longest))
        size = math.ceil(len(self.words) / parts)
        return [self._part(start, start + size) for start in range(0, len(self.words), size)]

    def first(self, words: int) -> "_Table":
        return self._part(0, words)

    def _part(self, start: int, end: int) -> "_Table":
        rows = slice(start, end)
        return _Table(self.words[rows], self.columns, self.scores[rows], self.marks[rows])

    def text(self, row: int, column: int) -> str:
        return f"{number(float(self.scores[row, column]))} {self.marks[row, column]}".strip()


def draw(frame: pd.DataFrame) -> go.Figure:
    """Words down, in blocks side by side where the text is long; a column a model or method.

    Args:
        frame: one row a column and word, the words of each column in the text's order. Scores in
            [−1, 1]; NaN, for a word that the model did not see, shows a dash.

    Raises:
        InputError: columns with different words.
    """
    table = _table(checked(frame, COLUMNS, "token_table"))
    blocks = table.blocks(_BLOCK)
    figure = make_subplots(1, len(blocks), horizontal_spacing=0.33 / len(blocks))
    for place, block in enumerate(blocks):
        _add_block(figure, block, place + 1, len(blocks[0].words))
    figure.update_layout(
        height=150 + _ROW * len(blocks[0].words),
        coloraxis={"colorscale": plotly_scale(SIGNED), "cmin": -1, "cmax": 1, "showscale": False},
    )
    styled(figure, _TITLE, (_LEGEND, *noted(frame)))
    return figure.update_layout(margin={"t": figure.layout.margin.t + 25, "b": 10})


def _table(frame: pd.DataFrame) -> _Table:
    parts = {str(name): part for name, part in frame.groupby("column", sort=False)}
    words = tuple(str(word) for word in next(iter(parts.values()))["word"])
    for name, part in parts.items():
        if tuple(str(word) for word in part["word"]) != words:
            raise InputError(
                f"plot token_table: column {name!r} has other words than the first; "
                "give each column all words of the text, in order"
            )
    marks = [
        part[MARK].fillna("").astype(str) if MARK in part else [""] * len(words)
        for part in parts.values()
    ]
    scores = [part["score"].to_numpy(dtype=float) for part in parts.values()]
    return _Table(
        words, tuple(parts), np.stack(scores, axis=1), np.stack(list(map(list, marks)), axis=1)
    )


def _add_block(figure: go.Figure, block: _Table, column: int, longest: int) -> None:
    rows, columns = (np.asarray(places) for places in np.indices(block.scores.shape))
    known = ~np.isnan(block.scores)
    cells = list(zip(rows[known], columns[known], strict=True))
    missing = zip(rows[~known], columns[~known], strict=True)
    figure.add_heatmap(
        x=columns[known],
        y=rows[known],
        z=block.scores[known],
        coloraxis="coloraxis",
        xgap=2,
        ygap=1,
        text=[escaped(block.text(*cell)) for cell in cells],
        texttemplate="%{text}",
        hovertext=[_hover(block, *cell) for cell in cells],
        hoverinfo="text",
        row=1,
        col=column,
    )
    figure.add_scatter(
        x=columns[~known],
        y=rows[~known],
        mode="text",
        text=[escaped(block.text(*cell)) for cell in missing],
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=column,
    )
    figure.update_xaxes(
        tickvals=list(range(len(block.columns))),
        ticktext=[escaped(short(name, _LONGEST)) for name in block.columns],
        range=(-0.5, len(block.columns) - 0.5),
        side="top",
        showgrid=False,
        zeroline=False,
        row=1,
        col=column,
    )
    figure.update_yaxes(
        tickvals=list(range(len(block.words))),
        ticktext=[escaped(short(word, _LONGEST)) for word in block.words],
        range=(longest - 0.5, -0.5),
        showgrid=False,
        zeroline=False,
        row=1,
        col=column,
    )


def _hover(block: _Table, row: int, column: int) -> str:
    place = f"{escaped(block.words[row])}<br>{escaped(block.columns[column])}"
    return f"{place}: {block.scores[row, column]:+.3f} {escaped(str(block.marks[row, column]))}"


@printed
def paper(frame: pd.DataFrame) -> Figure:
    """As `draw`, for one printed page of two columns' width; a note says what did not fit."""
    table, notes = _table(checked(frame, COLUMNS, "token_table")), (_LEGEND, *noted(frame))
    fitting = _PAGE * max(1, _WIDTH // len(table.columns))
    if len(table.words) > fitting:
        notes = (*notes, f"The first {fitting} of {len(table.words)} words.")
        table = table.first(fitting)
    blocks = table.blocks(_BLOCK)
    figure = page(TWO_COLUMNS, 0.9 + _INCHES * len(blocks[0].words), _TITLE, notes)
    panels = figure.subplots(1, len(blocks), squeeze=False)
    for axes, block in zip(panels.flat, blocks, strict=True):
        _draw_block(axes, block, len(blocks[0].words))
    return figure


def _draw_block(axes: Axes, block: _Table, longest: int) -> None:
    axes.imshow(
        np.ma.masked_invalid(block.scores),
        cmap=paper_scale(SIGNED),
        vmin=-1,
        vmax=1,
        aspect="auto",
    )
    for (row, column), score in np.ndenumerate(block.scores):
        colour = "black" if math.isnan(score) else ink(SIGNED, (score + 1) / 2)
        text = plain(block.text(row, column), _LONGEST)
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    axes.set_ylim(longest - 0.5, -0.5)
    axes.xaxis.tick_top()
    ticks(axes, "x", range(len(block.columns)), block.columns, 25, _LONGEST)
    for label in axes.get_xticklabels():
        label.set(ha="left")
    ticks(axes, "y", range(len(block.words)), block.words, longest=_LONGEST)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def example() -> pd.DataFrame:
    """A teacher and a student: they agree, they differ, and a word that the student did not see."""
    words = ("not", "a", "great", "film", "<b>")
    scores = {"teacher": (-1.0, 0.05, 0.6, 0.0, 0.1), "tinybert": (-0.2, 0.4, 1.0, 0.02, np.nan)}
    marks = {"teacher": ("",) * 5, "tinybert": ("✗", "✗", "✓", "✓", "✗")}
    rows = [
        (word, name, score, mark)
        for name in scores
        for word, score, mark in zip(words, scores[name], marks[name], strict=True)
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, MARK])
