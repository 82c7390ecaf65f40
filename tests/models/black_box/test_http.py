"""A server as a model."""

import itertools
import json
import time

import numpy as np

import astrid
from astrid.models.black_box import HUGGING_FACE, CallableModel, HttpModel, Limits, Wire
from tests.servers import LABELS, probabilities, send, serving

TEXTS = ["a good day", "a bad, bad night", "“né”\ud83d"]


def test_a_server_gives_what_the_function_gives():
    params = {"samples": 40}
    expected = astrid.explain(CallableModel(probabilities, LABELS), TEXTS, "lime", params=params)
    with serving() as server:
        found = astrid.explain(HttpModel(server.url, LABELS), TEXTS, "lime", params=params)
        assert all(len(body["texts"]) <= 32 for body in server.bodies)
    assert [one.to_dict() for one in found] == [other.to_dict() for other in expected]


def test_the_api_of_hugging_face():
    def classify(server, handler, body):
        rows = [
            [{"label": "pos", "score": b}, {"label": "neg", "score": a}]
            for a, b in probabilities(body["inputs"])
        ]
        send(handler, json.dumps(rows).encode())

    with serving(classify) as server:
        found = astrid.predict(HttpModel(server.url, LABELS, wire=HUGGING_FACE), TEXTS)
        assert server.bodies[0]["parameters"] == {"top_k": None}
    np.testing.assert_allclose(found, probabilities(TEXTS))


def test_other_shapes_and_headers():
    def classify(server, handler, body):
        send(handler, json.dumps({"out": {"p": probabilities(body["q"])}}).encode())

    wire = Wire(request="q", response="out.p", extra={"version": 2})
    with serving(classify) as server:
        model = HttpModel(server.url, LABELS, wire=wire, headers={"X-Team": "law"})
        np.testing.assert_allclose(astrid.predict(model, TEXTS), probabilities(TEXTS))
        assert server.bodies == [{"version": 2, "q": TEXTS}]
        assert server.headers[0]["x-team"] == "law"


def test_the_rate_limit_holds():
    times = []

    def classify(server, handler, body):
        times.append(time.monotonic())
        send(handler, json.dumps({"probabilities": probabilities(body["texts"])}).encode())

    with serving(classify) as server:
        model = HttpModel(server.url, LABELS, batch_size=1, limits=Limits(rate_limit=20))
        astrid.predict(model, [str(number) for number in range(6)])
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert sum(gaps) >= 5 / 20 - 0.03


def test_a_netrc_file_replaces_no_token(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("MY_TOKEN", "abc")
    with serving() as server:
        astrid.predict(HttpModel(server.url, LABELS, token_env="MY_TOKEN"), "good")
        astrid.predict(HttpModel(server.url, LABELS), "good")
        assert server.headers[0]["authorization"] == "Bearer abc"
        assert "authorization" not in server.headers[1]
