"""Shards computed on a Ray cluster: the same bytes as here."""

import os
import signal
import sys
from pathlib import Path

import pandas as pd
import pytest

from astrid import load_model
from astrid.errors import InputError
from astrid.explain.corpus_run import explain_to
from astrid.study.cluster import ray_runner
from astrid.text.rows import FileRows
from tests import tiny

ROOT = Path(__file__).parents[2]
ASKED = {"method": "integrated_gradients", "params": {"steps": 100}, "shard_size": 6}


@pytest.fixture(scope="module")
def ray():
    """A cluster of two workers on this machine."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray = pytest.importorskip("ray")
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    ray.init(
        address="local",
        num_cpus=2,
        object_store_memory=80 * 2**20,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        runtime_env={"env_vars": paths},
    )
    yield ray
    ray.shutdown()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a model and a file of texts."""
    folder = tmp_path_factory.mktemp("cluster")
    for part in tiny.build("bert"):
        part.save_pretrained(folder / "model")
    texts = [f"{tiny.SENTENCES[number % 5]} {number}" for number in range(90)]
    pd.DataFrame({"text": texts}).to_csv(folder / "a.csv", index=False)
    return folder


def content(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("shard-*"))}


def workers():
    """Processes below this one that compute a shard."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text()
            name = (path.parent / "cmdline").read_text()
        except OSError:
            continue
        parents[int(path.parent.name)] = (int(stat.rpartition(")")[2].split()[1]), name)

    def mine(process):
        while process in parents and process != os.getpid():
            process = parents[process][0]
        return process == os.getpid()

    busy = [process for process, (_, name) in parents.items() if "_explain_shard" in name]
    return [process for process in busy if mine(process)]


def test_ray_that_is_not_installed_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r'pip install "astrid\[cluster\]"'):
        ray_runner("model")


def test_a_cluster_that_is_not_there_is_one_line(place):
    pytest.importorskip("ray")
    # Before any test here starts one: in a process with a cluster, that cluster is used.
    runner = ray_runner(str(place / "model"), address="127.0.0.1:1")
    with pytest.raises(InputError, match=r"no Ray cluster at 127\.0\.0\.1:1 "):
        explain_to(place / "out", tiny.classifier(), FileRows(place / "a.csv"), runner=runner)
    assert not content(place / "out")


def test_the_bytes_are_those_of_a_local_run_even_where_a_worker_dies(ray, place):
    model, rows = load_model(place / "model"), FileRows(place / "a.csv")
    explain_to(place / "here", model, rows, **ASKED)
    killed = []

    def with_a_death(spec, wanted, advance):
        for number, done in enumerate(runner(spec, wanted, advance)):
            if number == 1:
                killed.extend(workers()[:1])
                os.kill(killed[0], signal.SIGKILL)
            yield done

    runner = ray_runner(str(place / "model"))
    written = explain_to(place / "there", model, rows, runner=with_a_death, **ASKED)
    assert written.made == 15
    assert len(killed) == 1
    assert content(place / "there") == content(place / "here")
    # A cluster that was there before is left as it is.
    assert ray.is_initialized()


def test_what_a_worker_refuses_is_one_line(ray, place):
    for part in tiny.build("bert", 1):
        part.save_pretrained(place / "other")
    model, rows = load_model(place / "model"), FileRows(place / "a.csv")
    runner = ray_runner(str(place / "other"))
    with pytest.raises(InputError, match=r"^\S*other: is not the same model on every node"):
        explain_to(place / "refused", model, rows, runner=runner, **ASKED)
    assert not content(place / "refused")
