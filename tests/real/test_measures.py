"""Which methods find what people marked, and what the model itself rests on: tweets, HateXplain."""

import pytest

from astrid.analysis.leaderboard import Leaderboard, LeaderboardSettings, rank_methods
from astrid.models.load import load_model
from astrid.spec import checked
from astrid.text.load import DataSpec, load_splits
from astrid.training.fit import fit
from astrid.training.spec import TrainSpec

pytestmark = [pytest.mark.real, pytest.mark.slow]

MEASURES = ("comprehensiveness", "sufficiency", "auprc", "token_f1")
TRAINER = {"epochs": 3, "batch_size": 16, "learning_rate": 5e-5}
SOURCES = {
    "tweets": {"params": {"labels": ["negative", "positive"]}, "fractions": (0.7, 0.1, 0.2)},
    "hatexplain": {},
}


@pytest.fixture(scope="module", params=SOURCES)
def board(request, real_data, real_weights, tmp_path_factory) -> Leaderboard:
    """Methods ranked on MiniLM-L6 fine-tuned on the data set."""
    name = request.param
    wanted = SOURCES[name]
    params = {"path": str(real_data / name), **wanted.get("params", {})}
    splits = load_splits(DataSpec(**{**wanted, "source": name, "params": params}))
    folder = tmp_path_factory.mktemp(name) / "model"
    encoder = {"init": "pretrained", "source": str(real_weights / "minilm-l6"), "max_length": 64}
    spec = checked(TrainSpec, {"encoder": encoder, "trainer": TRAINER}, name)
    fit(spec, splits.train, splits.validation, folder, progress=False)
    settings = LeaderboardSettings(
        methods=("integrated_gradients", "shap", "occlusion"),
        measures=MEASURES,
        params={"shap": {"evaluations": 100}},
        texts=100,
    )
    return rank_methods(load_model(folder), splits.test, settings)


def test_integrated_gradients_owen_values_and_occlusion_beat_random_scores(board) -> None:
    for method in ("integrated_gradients", "shap", "occlusion"):
        for measure in MEASURES:
            standing = board.standings[method, measure]
            print(board.corpus, method, measure, standing.mean, standing.p_control)
            assert standing.beats_control(0.05), (method, measure)
