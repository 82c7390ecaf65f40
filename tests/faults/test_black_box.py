"""Servers and functions that fail, hang and lie: every run ends in time, with one line."""

import time
import traceback

import pytest

import astrid
from astrid.errors import CallError, InputError, UnfinishedError
from astrid.explain import methods
from astrid.models.black_box import CallableModel, HttpModel, Limits
from tests.servers import LABELS, answer, probabilities, send, serving

TOKEN = "s3cret-token-value"
TEXTS = [f"a good day and a bad night number {number}" for number in range(6)]
QUICK = Limits(timeout=0.5, retries=1, first_wait=0.01)
PARAMS = {"samples": 30}

# Imported before a clock runs.
methods.needs("lime")


def model(server, monkeypatch, limits=QUICK, **settings):
    monkeypatch.setenv("TOKEN_OF_TEST", TOKEN)
    return HttpModel(
        server.url + "?key=query-secret",
        LABELS,
        limits=limits,
        token_env="TOKEN_OF_TEST",
        **settings,
    )


def hang(server, handler, body):
    server.stopped.wait(20)


def drip_body(server, handler, body):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not server.stopped.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def drip_headers(server, handler, body):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not server.stopped.wait(0.05):
        handler.wfile.write(b"a")
        handler.wfile.flush()


def close(server, handler, body):
    handler.close_connection = True


def break_off(server, handler, body):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"probabilities": [[0.5, 0.5]]}')
    handler.close_connection = True


def flood(server, handler, body):
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    while not server.stopped.is_set():
        handler.wfile.write(b"[" * 65536)


def status(code, **headers):
    return lambda server, handler, body: send(handler, b"{}", code, **headers)


def body(text):
    return lambda server, handler, _: send(handler, text.encode())


FAULTS = {
    "hangs": (hang, "within 0.5 s"),
    "drips the body": (drip_body, "within 0.5 s"),
    "drips the headers": (drip_headers, "within 0.5 s"),
    "closes": (close, "can't be reached or broke off"),
    "breaks off": (break_off, "can't be reached or broke off"),
    "floods": (flood, "larger than"),
    "500": (status(500), "status 500"),
    "429 for ever": (status(429, Retry_After="0"), "status 429"),
    "429 until tomorrow": (status(429, Retry_After="86000"), "wait 86000 s"),
    "429 until a date": (status(429, Retry_After="Fri, 01 Jan 2100 00:00:00 GMT"), "wait"),
    "429 of nonsense": (status(429, Retry_After="soon"), "status 429"),
    "401": (status(401), "is the token right"),
    "redirect": (status(307, Location="http://127.0.0.1:9/steal"), "redirects"),
    "not JSON": (body("<html>"), "not JSON"),
    "deep JSON": (body("[" * 100_000), "not JSON"),
    "not UTF-8": (lambda s, h, b: send(h, b"\xff\xfe{"), "not JSON"),
    "another key": (body('{"result": []}'), "probabilities"),
    "a list": (body("[1, 2]"), "probabilities"),
    "null": (body('{"probabilities": null}'), "NoneType"),
    "words": (body('{"probabilities": [["a", "b"]]}'), "list"),
    "ragged": (body('{"probabilities": [[1], [0, 1]]}'), "list"),
    "too few": (body('{"probabilities": [[0.5, 0.5]]}'), "shape [1, 2]"),
    "NaN": (None, "not finite"),
    "sums": (None, "away from 1"),
    "negative": (None, "from -0.5"),
    "three classes": (None, "shape [6, 3]"),
    "unlabelled": (None, "without a label"),
    "unknown class": (None, 'class "meh"'),
}
ROWS = {
    "NaN": [float("nan"), 0.5],
    "sums": [0.4, 0.4],
    "negative": [-0.5, 1.5],
    "three classes": [0.2, 0.3, 0.5],
    "unlabelled": [{"score": 1.0}],
    "unknown class": [{"label": "meh", "score": 1.0}],
}


def behaviour(fault):
    import json

    given, _ = FAULTS[fault]
    if given is not None:
        return given
    return lambda server, handler, asked: send(
        handler, json.dumps({"probabilities": [ROWS[fault]] * len(asked["texts"])}).encode()
    )


def no_secrets(error):
    shown = "".join(traceback.format_exception(error))
    while error is not None:
        shown += str(error) + repr(error)
        error = error.__cause__ or error.__context__
    for secret in (TOKEN, "query-secret", *TEXTS):
        assert secret not in shown


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_one_line_in_time(fault, monkeypatch):
    limits = QUICK.model_copy(update={"largest_answer": 1_000_000})
    with serving(behaviour(fault)) as server:
        started = time.monotonic()
        asked = model(server, monkeypatch, limits)
        with pytest.raises(UnfinishedError) as caught:
            astrid.explain(asked, TEXTS, "lime", params=PARAMS)
        assert time.monotonic() - started < 2.5
    message = str(caught.value)
    assert FAULTS[fault][1] in message, message
    assert message.startswith("http://127.0.0.1")
    assert "\n" not in message
    assert "0 of 6 texts" in message
    assert server.calls <= 2
    no_secrets(caught.value)
    assert TOKEN not in repr(asked) + str(vars(asked))
    assert server.headers[0]["authorization"] == f"Bearer {TOKEN}"


def test_nothing_listens():
    asked = HttpModel("http://127.0.0.1:9/x", LABELS, limits=QUICK)
    with pytest.raises(CallError, match=r"can't be reached.*2 attempts"):
        astrid.predict(asked, "good")


def test_half_of_the_calls_failing_changes_nothing_but_the_time(monkeypatch):
    def half(server, handler, body):
        (status(503) if server.calls % 2 else answer)(server, handler, body)

    expected = astrid.explain(CallableModel(probabilities, LABELS), TEXTS, "lime", params=PARAMS)
    with serving(half) as server:
        found = astrid.explain(model(server, monkeypatch), TEXTS, "lime", params=PARAMS)
    for one, other in zip(found, expected, strict=True):
        assert one.word_scores.tolist() == other.word_scores.tolist()


def test_retry_after_is_waited_for(monkeypatch):
    def busy(server, handler, body):
        (status(429, Retry_After="1") if server.calls == 1 else answer)(server, handler, body)

    with serving(busy) as server:
        started = time.monotonic()
        astrid.predict(model(server, monkeypatch), "good")
        assert time.monotonic() - started >= 1


def test_what_is_finished_is_kept_and_the_next_run_asks_only_for_the_rest(monkeypatch):
    healthy = []

    def breaks_down(server, handler, body):
        (answer if healthy or server.calls <= 5 else status(500))(server, handler, body)

    with serving() as whole:
        expected = astrid.explain(model(whole, monkeypatch), TEXTS, "lime", params=PARAMS)
    with serving(breaks_down) as server:
        asked = model(server, monkeypatch)
        with pytest.raises(UnfinishedError, match=r"status 500.*; 5 of 6 texts") as caught:
            astrid.explain(asked, TEXTS, "lime", params=PARAMS)
        assert caught.value.numbers == (0, 1, 2, 3, 4)
        for one, other in zip(caught.value.explanations, expected, strict=False):
            assert one.to_dict() == other.to_dict()
        answered = server.bodies[:5]
        healthy.append(True)
        again = astrid.explain(asked, TEXTS, "lime", params=PARAMS)
        assert [one.to_dict() for one in again] == [other.to_dict() for other in expected]
        # Nothing that was answered is asked for again.
        texts = [text for body in [*answered, *server.bodies[7:]] for text in body["texts"]]
        assert len(texts) == len(set(texts))
        assert server.calls - 2 == whole.calls


def test_the_stream_gives_finished_texts_before_the_failure(monkeypatch):
    from astrid.explain.run import stream

    def breaks_down(server, handler, body):
        (answer if server.calls <= 5 else status(404))(server, handler, body)

    with serving(breaks_down) as server:
        coming = stream(model(server, monkeypatch), TEXTS, "lime", params=PARAMS)
        assert [next(coming)[0] for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(CallError, match="404"):
            next(coming)


def test_a_budget_that_retries_use_up_ends_the_run(monkeypatch):
    limits = QUICK.model_copy(update={"budget": 9, "retries": 50, "first_wait": 0.0})
    with serving(status(503)) as server:
        with pytest.raises(UnfinishedError, match="budget of 9 calls is used up"):
            astrid.explain(model(server, monkeypatch, limits), TEXTS, "lime", params=PARAMS)
        assert server.calls == 9


def test_too_small_a_budget_is_refused_before_the_first_call(monkeypatch):
    limits = QUICK.model_copy(update={"budget": 3})
    with serving() as server:
        with pytest.raises(InputError, match=r"calls are needed and the budget allows 3"):
            astrid.explain(model(server, monkeypatch, limits), TEXTS, "lime", params=PARAMS)
        assert server.calls == 0


def test_a_function_that_hangs_is_given_up():
    asked = CallableModel(lambda texts: time.sleep(30), LABELS, name="slow", timeout=0.2)
    started = time.monotonic()
    with pytest.raises(UnfinishedError, match=r"slow: no answer within 0\.2 s; 0 of 1"):
        astrid.explain(asked, "good", "lime")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("timeout", [None, 5])
def test_a_function_that_raises_is_named_with_its_cause(timeout):
    def broken(texts):
        raise ZeroDivisionError("of\nsome kind")

    asked = CallableModel(broken, LABELS, timeout=timeout)
    with pytest.raises(CallError, match=r"raised ZeroDivisionError: of some kind") as caught:
        astrid.predict(asked, "good")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("timeout", [None, 5])
def test_a_keyboard_interrupt_passes_at_once(timeout):
    def stopped(texts):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        astrid.predict(CallableModel(stopped, LABELS, timeout=timeout), "good")


def test_a_keyboard_interrupt_ends_a_call_that_hangs():
    """From outside, as Ctrl-C does: the process ends although its call does not."""
    import os
    import signal
    import subprocess
    import sys

    program = (
        "import signal, sys, time, astrid\n"
        # Where the tests run in the background of a shell, Ctrl-C is ignored from the start.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from astrid.models.black_box import HttpModel\n"
        "model = HttpModel(sys.argv[1], ['neg', 'pos'])\n"
        "print('asking', flush=True)\n"
        "astrid.predict(model, 'good')\n"
    )
    with serving(hang) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", program, server.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"asking\n"
        while not server.calls:
            time.sleep(0.05)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) != 0
        assert time.monotonic() - started < 5


def test_tokens_that_are_missing_or_can_not_be_sent(monkeypatch):
    monkeypatch.delenv("TOKEN_OF_TEST", raising=False)
    with pytest.raises(InputError, match="TOKEN_OF_TEST"):
        HttpModel("http://127.0.0.1/x", LABELS, token_env="TOKEN_OF_TEST")
    monkeypatch.setenv("TOKEN_OF_TEST", f"{TOKEN}\nX-Evil: 1")
    with pytest.raises(InputError, match="TOKEN_OF_TEST") as caught:
        HttpModel("http://127.0.0.1/x", LABELS, token_env="TOKEN_OF_TEST")
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://host/x", "http://", "http://host:port/x", "https://[::1"])
def test_addresses_that_are_none(url):
    with pytest.raises(InputError, match="https://host/path"):
        HttpModel(url, LABELS)


def test_an_address_with_a_password_is_refused_without_showing_it():
    with pytest.raises(InputError) as caught:
        HttpModel("https://me:hunter2@host/x", LABELS)
    assert "hunter2" not in str(caught.value)
