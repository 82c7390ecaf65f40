"""A study on a Ray cluster of two nodes: the same cells, also when one of them dies."""

import os
import threading
import time
from pathlib import Path

import pytest

from astrid.errors import InputError
from astrid.study.run import Engine, run_study
from tests.small_study import check_same_study, small

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nodes():
    """A head without CPUs, and two nodes with one each; this process has joined them."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    paths = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    store = 80 * 2**20
    cluster = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 0,
            "object_store_memory": store,
            "include_dashboard": False,
            # A node that is gone is noticed in seconds.
            "_system_config": {"health_check_period_ms": 1000, "health_check_failure_threshold": 3},
        },
    )
    workers = [cluster.add_node(num_cpus=1, object_store_memory=store) for _ in range(2)]
    ray.init(
        address=cluster.address,
        log_to_driver=False,
        logging_level="error",
        runtime_env={"env_vars": {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}},
    )
    yield cluster, workers
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    run_study(small(), folder, Engine(workers=0, threads=1))
    return folder


@pytest.mark.slow
def test_two_nodes_make_the_same_cells(nodes, local, tmp_path) -> None:
    result = run_study(small(), tmp_path, Engine("ray"))
    assert result.failures == ()
    check_same_study(tmp_path, local)


def test_a_node_that_dies_in_the_middle(nodes, local, tmp_path) -> None:
    cluster, workers = nodes
    killed = []

    def kill_one() -> None:
        while len(list(tmp_path.glob("cells/*/cell.json"))) < 3:
            time.sleep(0.05)
        cluster.remove_node(workers[0], allow_graceful=False)
        killed.append(len(list(tmp_path.glob("cells/*/cell.json"))))

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    result = run_study(small(), tmp_path, Engine("ray"))
    killer.join()
    assert 3 <= killed[0] < 12
    assert result.failures == ()
    check_same_study(tmp_path, local)


def test_no_cluster_at_the_address(tmp_path) -> None:
    with pytest.raises(InputError, match="no Ray cluster at"):
        run_study(small(), tmp_path, Engine("ray", address="127.0.0.1:9"))
