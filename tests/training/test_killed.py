"""A run that is killed leaves nothing half-written, and running it again ends the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astrid.models.loading import load_classifier
from astrid.training import fit as fit_module
from astrid.training.keeper import Keeper, checkpoints
from tests.training.toy import Killed, train

ROOT = Path(__file__).parents[2]
EPOCHS = 5


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("undisturbed") / "toy"
    train(folder, epochs=EPOCHS)
    return (folder / "model.safetensors").read_bytes()


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def interrupted(folder: Path, epoch: int, **settings: Any) -> None:
    """Train, and end abruptly once the checkpoint of `epoch` is there."""
    tidy = Keeper._tidy

    def then_stop(keeper: Keeper) -> None:
        tidy(keeper)
        if len(keeper.rows) == epoch:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Keeper, "_tidy", then_stop)
        with pytest.raises(Killed):
            train(folder, **settings)


@pytest.mark.parametrize("epoch", [1, 3, EPOCHS])
def test_goes_on_after_an_epoch(epoch: int, tmp_path: Path, undisturbed: bytes) -> None:
    interrupted(tmp_path / "toy", epoch, epochs=EPOCHS)
    assert os.listdir(tmp_path) == [".toy.work"]
    result = train(tmp_path / "toy", epochs=EPOCHS)
    assert result.resumed
    assert result.epochs == EPOCHS
    assert weights(tmp_path / "toy") == undisturbed
    assert os.listdir(tmp_path) == ["toy"]
    assert (tmp_path / "toy/curves.csv").read_text().count("\n") == 1 + EPOCHS


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:2000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garble(path: Path) -> None:
    path.write_bytes(os.urandom(5000))


@pytest.mark.parametrize("damage", [_cut, _empty, _garble])
@pytest.mark.parametrize("how_many", [1, 2])
def test_damaged_checkpoints_cost_only_time(
    damage: Callable[[Path], None],
    how_many: int,
    tmp_path: Path,
    undisturbed: bytes,
) -> None:
    interrupted(tmp_path / "toy", 3, epochs=EPOCHS)
    found = checkpoints(tmp_path / ".toy.work")
    assert len(found) == 2
    for path in found[:how_many]:
        damage(path)
    result = train(tmp_path / "toy", epochs=EPOCHS)
    assert result.resumed == (how_many == 1)
    assert weights(tmp_path / "toy") == undisturbed


def test_other_settings_start_anew(tmp_path: Path) -> None:
    interrupted(tmp_path / "toy", 1, epochs=2)
    assert not train(tmp_path / "toy", epochs=3).resumed


def test_a_stopped_run_stays_stopped(tmp_path: Path) -> None:
    settings = {"epochs": 30, "patience": 2, "learning_rate": 0.03}
    whole = train(tmp_path / "whole", **settings)
    interrupted(tmp_path / "toy", whole.epochs, **settings)
    again = train(tmp_path / "toy", **settings)
    assert (again.epochs, again.best_epoch) == (whole.epochs, whole.best_epoch)
    assert weights(tmp_path / "toy") == weights(tmp_path / "whole")


def test_killed_while_publishing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: bytes
) -> None:
    def killed(work: Path, folder: Path) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(fit_module, "publish", killed)
        with pytest.raises(Killed):
            train(tmp_path / "toy", epochs=EPOCHS)
    assert train(tmp_path / "toy", epochs=EPOCHS).resumed
    assert weights(tmp_path / "toy") == undisturbed


def _start(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    command = [sys.executable, "-m", "tests.training.toy", str(folder), str(EPOCHS)]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def _kill_when(folder: Path, ready: Callable[[Path], bool]) -> None:
    process = _start(folder)
    work = folder.parent / f".{folder.name}.work"
    deadline = time.monotonic() + 60
    while process.poll() is None and not ready(work) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _whole_or_absent(folder: Path) -> None:
    if folder.exists():
        assert load_classifier(folder).warnings == ()


def test_sigkill_in_the_middle(tmp_path: Path, undisturbed: bytes) -> None:
    _kill_when(tmp_path / "toy", lambda work: len(checkpoints(work)) == 2)
    _whole_or_absent(tmp_path / "toy")
    train(tmp_path / "toy", epochs=EPOCHS)
    assert weights(tmp_path / "toy") == undisturbed
    assert os.listdir(tmp_path) == ["toy"]


@pytest.mark.slow
def test_sigkill_at_many_moments(tmp_path: Path, undisturbed: bytes) -> None:
    moments: list[Callable[[Path], bool]] = [
        lambda work: (work / "lock").exists(),
        lambda work: (work / "identity").exists(),
        lambda work: any(work.glob("best-*.part")),
        lambda work: any(work.glob("epoch-*.part")),
        lambda work: (work / f"epoch-{EPOCHS:06d}.ckpt").exists(),
        lambda work: any(work.glob(".model.*")),
        lambda work: (work / "model").exists(),
        lambda work: (work.parent / "toy").exists(),
    ]
    for number, ready in enumerate(moments):
        folder = tmp_path / str(number) / "toy"
        for _ in range(2):
            _kill_when(folder, ready)
            _whole_or_absent(folder)
        train(folder, epochs=EPOCHS)
        assert weights(folder) == undisturbed
        assert os.listdir(folder.parent) == ["toy"]
