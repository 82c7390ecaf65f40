"""`astrid explain` on a model behind an address."""

import pytest

from astrid.explain import estimate
from tests.servers import answer, send, serving

ASKED = ["--labels", "neg,pos", "-m", "lime", "-p", "samples=30", "--json"]


def test_explain_says_the_estimate_and_prints_the_words(astrid, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "abc")
    with serving() as server:
        limits = [
            "--rate-limit",
            "100",
            "--budget",
            "5",
            "--price",
            "0.5",
            "--token-env",
            "MY_TOKEN",
        ]
        code, rows, err = astrid("explain", server.url, "a good day", *ASKED, *limits)
        assert code == 0, err
        assert server.headers[0]["authorization"] == "Bearer abc"
        assert f"{server.url}: 8 texts in {server.calls} calls" in err
        assert "price 1.00" in err
    (row,) = rows
    assert row["prediction"]["label"] == "pos"
    assert max(zip(row["word_scores"], row["words"], strict=True))[1] == "good"


def test_a_run_with_a_budget_is_rehearsed_once(astrid, monkeypatch):
    rehearsed = []

    class Counted(estimate._Rehearsal):
        def __init__(self, model):
            rehearsed.append(model)
            super().__init__(model)

    monkeypatch.setattr(estimate, "_Rehearsal", Counted)
    with serving() as server:
        code, _, err = astrid("explain", server.url, "a good day", *ASKED, "--budget", "5")
    assert code == 0, err
    assert len(rehearsed) == 1


def test_too_small_a_budget_is_refused_before_the_first_call(astrid):
    with serving() as server:
        code, rows, err = astrid("explain", server.url, "a good day", *ASKED, "--budget", "1")
        assert (code, rows, server.calls) == (2, [], 0)
        assert "the budget allows 1" in err


def test_what_is_finished_is_printed_before_the_failure(astrid):
    def breaks_down(server, handler, body):
        if server.calls <= 3:
            answer(server, handler, body)
        else:
            send(handler, b"", 404)

    texts = [f"a good day and a bad night in {place}" for place in ("york", "bath", "hull", "ely")]
    with serving(breaks_down) as server:
        code, rows, err = astrid("explain", server.url, *texts, *ASKED)
    assert code == 2
    assert [row["text"] for row in rows] == texts[: len(rows)]
    assert len(rows) in (1, 2)
    assert f"astrid: {server.url}: status 404; {len(rows)} of 4 texts are explained" in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-m", "lime"], "--labels neg,pos"),
        (["--labels", "neg,pos"], "needs gradients"),
        ([*ASKED, "--api", "graph"], "--api"),
        ([*ASKED, "--timeout", "0"], "timeout"),
        ([*ASKED, "--rate-limit", "1e-320"], "rate_limit"),
        ([*ASKED, "--token-env", "NOT_SET_AT_ALL"], "NOT_SET_AT_ALL"),
        ([*ASKED, "-p", "replace=pad"], "replace"),
        ([*ASKED, "--class", "meh"], 'no class "meh"'),
    ],
)
def test_wrong_options_are_refused_before_the_first_call(astrid, arguments, says):
    with serving() as server:
        code, _, err = astrid("explain", server.url, "a good day", *arguments)
        assert (code, server.calls) == (2, 0)
    assert says in err


def test_options_of_an_address_are_for_addresses(astrid, tmp_path):
    code, _, err = astrid("explain", tmp_path, "a good day", "--budget", "3")
    assert code == 2
    assert "--budget: only for a model behind an http address" in err


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_other_commands_say_that_they_take_no_address(astrid, command):
    more = ["https://host/b"] if command == "compare" else []
    code, _, err = astrid(command, "https://host/a?key=1", *more)
    assert code == 2
    assert "https://host/a: only astrid explain takes" in err
