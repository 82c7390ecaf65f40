import json

import numpy as np
import pytest

from astrid.analysis.reliability import confidence_counts, reliability_frame, reliability_table
from astrid.measures import calibration_error
from astrid.measures.statistics.bootstrap import share_with_interval
from tests.contract.test_quality import predictions

LABELS = np.array([0, 0, 1, 0])
# Confidences 0.9 right, 0.91 right, 0.92 wrong, 1 right; the first three share a bin.
PROBABILITIES = np.array([[0.9, 0.1], [0.91, 0.09], [0.92, 0.08], [1.0, 0.0]])


def test_bins_by_hand() -> None:
    table = reliability_table(LABELS, PROBABILITIES)
    assert [row.n for row in table] == [0] * 13 + [3, 1]
    assert (table[13].low, table[13].high) == pytest.approx((13 / 15, 14 / 15))
    assert table[13].confidence == pytest.approx(0.91)
    assert table[13].accuracy == share_with_interval([True, True, False])
    assert table[14].accuracy.low < table[14].accuracy.value == 1


def test_counts_by_hand() -> None:
    counts = confidence_counts(LABELS, PROBABILITIES)
    assert counts.right == (0,) * 13 + (2, 1)
    assert counts.wrong == (0,) * 13 + (1, 0)
    assert len(counts.edges) == 16
    assert (counts.edges[0], counts.edges[-1]) == (0, 1)


@pytest.mark.parametrize("classes", [2, 5])
def test_the_table_gives_the_calibration_error(classes: int) -> None:
    labels, probabilities = predictions(300, classes, seed=1)
    frame = reliability_frame(
        reliability_table(labels, probabilities), confidence_counts(labels, probabilities)
    )
    gaps = (frame["accuracy"] - frame["confidence"]).abs()
    found = (gaps * frame["n"]).sum() / 300
    assert found == pytest.approx(calibration_error.measure(labels, probabilities))
    assert (frame["right"] + frame["wrong"]).tolist() == frame["n"].tolist()


def test_empty_bins_are_none_in_json() -> None:
    table = reliability_table(LABELS, PROBABILITIES)
    rows = json.loads(json.dumps([row.to_dict() for row in table], allow_nan=False))
    assert rows[0]["confidence"] is None
    assert rows[0]["accuracy"]["value"] is None
    assert rows[14]["n"] == 1
