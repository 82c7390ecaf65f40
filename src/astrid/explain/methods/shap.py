r"""SHAP for text: Owen values on a balanced binary tree over the tokens.

Owen values are Shapley values under the rule that tokens join in coalitions along the tree: for
a node with children l and r, each child's share is the mean of what it adds without and with the
other child, and so on down the tree. They are not Shapley values: tokens in different branches
are never exchanged one by one. They sum to f(x) − f(everything masked).

Owen, "Values of Games with a Priori Unions", 1977; computed as `shap.PartitionExplainer` does
for text (Lundberg & Lee, NeurIPS 2017): the node with the largest weighted change is split next,
until `evaluations` rows are spent; what remains at a node is shared equally by its leaves.
"""

import heapq
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from astrid.explain.features import Unit, token_keep, unit_of_tokens
from astrid.explain.requests import Answer, MaskedRows, Method, Replace, TokenScores
from astrid.models.protocol import Answers, EncodedText
from astrid.spec import Spec

NEEDS: frozenset[Answers] = frozenset(("values",))


AHEAD = 32
"""Nodes whose rows are run together with those that are needed at once."""


class Params(Spec):
    """Settings.

    Attributes:
        evaluations: rows that the values rest on, at most (one more where the number is odd, as
            shap counts); 2 are the least (the text, and everything masked). Rows of up to 32 more
            nodes are run ahead, two a node, and are not all needed in the end.
        unit: the tree's leaves: a `token` or a `word`.
        replace: what becomes of what is left out.
        batch: nodes are split until this many rows are asked for at once, as shap does.
        seed: breaks ties between nodes that change the output equally.
    """

    evaluations: int = Field(default=500, ge=2, le=1_000_000)
    unit: Unit = "token"
    replace: Replace = "auto"
    batch: int = Field(default=5, ge=1)
    seed: int = Field(default=0, ge=0)


def balanced_tree(count: int) -> np.ndarray:
    """A balanced tree over `count` leaves in order, `[count − 1, 4]` as scipy's linkage matrices.

    Columns: left child, right child, height (the share of leaves below), leaves below.

    >>> balanced_tree(3)[:, :2].tolist()
    [[0.0, 1.0], [3.0, 2.0]]
    """
    rows: list[tuple[float, float, float, float]] = []

    def build(start: int, stop: int) -> int:
        if stop - start == 1:
            return start
        middle = (start + stop + 1) // 2
        left, right = build(start, middle), build(middle, stop)
        rows.append((left, right, (stop - start) / count, stop - start))
        return count + len(rows) - 1

    build(0, count)
    return np.asarray(rows, dtype=float).reshape(-1, 4)


def explain(text: EncodedText, params: Params) -> Method:
    """Scores `[T]`; the pieces of one unit share its value equally."""
    units_T = unit_of_tokens(text, params.unit)
    count = int(units_T.max(initial=-1)) + 1
    if count == 0:
        return TokenScores(np.zeros(len(text)), completeness_gap=0.0)
    game = Partition(balanced_tree(count), params.evaluations, params.batch, params.seed)
    rows, known = game.first(), _Known()
    while len(rows):
        if not known.has(rows):
            # What is likely to be asked next comes along: few rows at a time would run slowly.
            wanted = known.missing(np.concatenate([rows, game.ahead(AHEAD)]))
            answer: Answer = yield MaskedRows(token_keep(wanted, units_T), params.replace)
            known.learn(wanted, answer.row_values())
        rows = game.next(known.values(rows))
    values_U = game.values()
    pieces_U = np.bincount(units_T[units_T >= 0], minlength=count)
    scores = np.where(units_T >= 0, (values_U / pieces_U)[units_T], 0.0)
    gap = abs(scores.sum() - (game.everything - game.nothing))
    return TokenScores(scores, completeness_gap=float(gap))


class _Known:
    """Values of the rows that were run."""

    def __init__(self) -> None:
        self._values: dict[bytes, float] = {}

    def has(self, rows: np.ndarray) -> bool:
        return all(row.tobytes() in self._values for row in rows)

    def missing(self, rows: np.ndarray) -> np.ndarray:
        """Those of `rows` that were not run, each once."""
        found = {row.tobytes(): row for row in rows if row.tobytes() not in self._values}
        return np.stack(list(found.values()))

    def learn(self, rows: np.ndarray, values: np.ndarray) -> None:
        pairs = zip(rows, values, strict=True)
        self._values |= {row.tobytes(): float(value) for row, value in pairs}

    def values(self, rows: np.ndarray) -> np.ndarray:
        return np.array([self._values[row.tobytes()] for row in rows])


@dataclass(frozen=True, eq=False)
class _Part:
    """A node within a context: `without` and `with_` are the outputs before and after it joins."""

    context: np.ndarray
    without: float
    with_: float
    node: int
    weight: float


class Partition:
    """The recursion over the tree, apart from where its values come from; U units."""

    def __init__(self, tree: np.ndarray, evaluations: int, batch: int, seed: int) -> None:
        self._tree = tree
        self._count = len(tree) + 1
        self._members = _members(tree)
        self._left = evaluations - 2
        self._batch = batch
        self._random = np.random.default_rng(seed)
        self._queue: list[tuple[float, float, int, _Part]] = []
        self._asked: list[_Part] = []
        self._pushed = 0
        self._node_values = np.zeros(2 * self._count - 1)
        self._started = False
        self.nothing = 0.0
        self.everything = 0.0

    def first(self) -> np.ndarray:
        """Rows `[2, U]`: nothing kept, everything kept."""
        return np.stack([np.zeros(self._count, dtype=bool), np.ones(self._count, dtype=bool)])

    def next(self, values: np.ndarray) -> np.ndarray:
        """Take the values of the rows asked for; the next rows `[R, U]`, none when all is done."""
        if not self._started:
            self._started = True
            self.nothing, self.everything = map(float, values)
            root = 2 * self._count - 2
            empty = np.zeros(self._count, dtype=bool)
            self._push(_Part(empty, self.nothing, self.everything, root, 1.0), 0.0)
        for part, left, right in zip(self._asked, values[::2], values[1::2], strict=False):
            self._split(part, float(left), float(right))
        return self._ask()

    def ahead(self, count: int) -> np.ndarray:
        """Rows of the up to `count` nodes that would be split next if nothing new came up."""
        next_parts = heapq.nsmallest(min(count, self._left // 2), self._queue)
        rows = [
            part.context | self._members[child]
            for *_, part in next_parts
            if part.node >= self._count
            for child in self._children(part.node)
        ]
        return np.asarray(rows, dtype=bool).reshape(-1, self._count)

    def values(self) -> np.ndarray:
        """Values `[U]` of the leaves; a node that was not split shares equally."""
        shares = self._node_values.copy()
        for node in range(2 * self._count - 2, self._count - 1, -1):
            left, right, _, size = self._tree[node - self._count]
            for child in (int(left), int(right)):
                shares[child] += shares[node] * self._members[child].sum() / size
        return shares[: self._count]

    def _ask(self) -> np.ndarray:
        self._asked = []
        rows: list[np.ndarray] = []
        while self._queue and len(rows) < self._batch and self._left > len(rows):
            part = heapq.heappop(self._queue)[-1]
            if part.node < self._count:
                self._settle(part)
                continue
            left, right = self._children(part.node)
            self._asked.append(part)
            rows += [part.context | self._members[left], part.context | self._members[right]]
        self._left -= len(rows)
        if not rows:
            for *_, part in self._queue:
                self._settle(part)
            self._queue = []
        return np.asarray(rows, dtype=bool).reshape(-1, self._count)

    def _split(self, part: _Part, left: float, right: float) -> None:
        """Each child joins first (before the other) and last (after it), with half the weight."""
        left_node, right_node = self._children(part.node)
        with_left = part.context | self._members[left_node]
        with_right = part.context | self._members[right_node]
        for context, without, with_, node in (
            (part.context, part.without, left, left_node),
            (part.context, part.without, right, right_node),
            (with_right, right, part.with_, left_node),
            (with_left, left, part.with_, right_node),
        ):
            weight = part.weight / 2
            self._push(_Part(context, without, with_, node, weight), abs(with_ - without) * weight)

    def _push(self, part: _Part, change: float) -> None:
        self._pushed += 1
        entry = (-change, float(self._random.standard_normal()), self._pushed, part)
        heapq.heappush(self._queue, entry)

    def _settle(self, part: _Part) -> None:
        self._node_values[part.node] += (part.with_ - part.without) * part.weight

    def _children(self, node: int) -> tuple[int, int]:
        left, right = self._tree[node - self._count, :2]
        return int(left), int(right)


def _members(tree: np.ndarray) -> np.ndarray:
    """`[2U − 1, U]` True for the leaves below each node."""
    count = len(tree) + 1
    members = np.zeros((2 * count - 1, count), dtype=bool)
    members[:count] = np.eye(count, dtype=bool)
    for row, (left, right) in enumerate(tree[:, :2].astype(int)):
        members[count + row] = members[left] | members[right]
    return members
