"""Access to the hub: the token that is used, and what is said without one; it is never shown."""

from types import SimpleNamespace

import pytest
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

from astrid import hub
from astrid.errors import InputError
from astrid.models import loading

SECRET = "hf_notarealtokenbutsecret"


@pytest.fixture(autouse=True)
def no_tokens(monkeypatch):
    for name in hub.VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def answering(monkeypatch):
    """A hub that can be reached and answers any model with one error; gives the tokens it saw."""

    def answer(kind, status):
        seen = []

        def from_pretrained(source, local_files_only, token=None, **settings):
            if local_files_only:
                raise OSError("not here")
            seen.append(token)
            response = SimpleNamespace(status_code=status, headers={}, request=None)
            try:
                raise kind(f"Bearer {token}", response=response)
            except kind as error:
                raise OSError(f"You are trying to use {token}.\nMore of it") from error

        monkeypatch.setattr(hub, "answers", lambda: True)
        monkeypatch.setattr(loading.AutoConfig, "from_pretrained", from_pretrained)
        return seen

    return answer


def test_the_given_token_comes_before_those_of_the_environment(monkeypatch):
    assert hub.access_token() is None
    monkeypatch.setenv("HUGGINGFACE_TOKEN", "second")
    assert hub.access_token() == "second"
    monkeypatch.setenv("HF_TOKEN", " first\n")
    assert hub.access_token() == "first"
    assert hub.access_token("given") == "given"
    assert hub.access_token(" ") == "first"


@pytest.mark.parametrize("token", ["hf_a b", "hf_a\nb", "hf_ä"])
def test_what_is_no_token_is_refused_and_not_shown(token):
    with pytest.raises(InputError, match="no token has") as error:
        hub.access_token(token)
    assert token not in str(error.value)


def test_a_gated_model_without_token_is_one_clear_line(answering):
    seen = answering(GatedRepoError, 401)
    with pytest.raises(InputError) as error:
        loading.load_causal("owner/name")
    message = str(error.value)
    assert message.startswith("owner/name: a gated model; ask for access at https://hugging")
    assert "HF_TOKEN" in message
    assert "\n" not in message
    assert seen == [None]


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        (GatedRepoError, 403, "the access token doesn't open"),
        (RepositoryNotFoundError, 401, "the hub refuses the access token"),
        (RepositoryNotFoundError, 404, "can't be had from the Hugging Face hub"),
    ],
)
def test_the_token_is_sent_and_never_shown(answering, monkeypatch, kind, status, said):
    seen = answering(kind, status)
    monkeypatch.setenv("HUGGINGFACE_TOKEN", SECRET)
    with pytest.raises(InputError, match=said) as error:
        loading.load_causal("owner/name")
    assert seen == [SECRET]
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
    assert "\n" not in str(error.value)


def test_a_token_that_is_given_reaches_every_file(monkeypatch):
    seen = []

    def fetched(source, what, load, token=None):
        seen.append(token)
        raise InputError("enough")

    monkeypatch.setattr(loading, "_fetch", fetched)
    for load in (loading.load_causal, loading.load_tokenizer, loading.load_config):
        with pytest.raises(InputError, match="enough"):
            load("owner/name", token=SECRET)
    assert seen == [SECRET] * 3
