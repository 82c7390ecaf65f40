"""Access to the Hugging Face hub: whether it answers, whose token is used, what a refusal means.

A token is never part of a message.
"""

import os
from collections.abc import Iterator
from threading import Thread
from typing import Literal

from astrid.errors import InputError

Kind = Literal["model", "data set"]

VARIABLES = ("HF_TOKEN", "HUGGINGFACE_TOKEN")
"""Environment variables that may hold a token, the first one first."""

_PATIENCE = 3.0
"""Seconds that the hub has to answer."""


def answers() -> bool:
    """Whether the hub can be reached: asked once, where its own clients would retry for long."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    answered: list[object] = []

    def ask() -> None:
        try:
            answered.append(get_session().head(constants.ENDPOINT, timeout=_PATIENCE))
        except Exception:  # noqa: BLE001 - the client behind it changes; any failure means no
            return

    # In a thread because no timeout holds for the look-up of the hub's address.
    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return bool(answered)


def access_token(given: str | None = None) -> str | None:
    """The token that is given, or else that of the environment; None for the hub's own login.

    Raises:
        InputError: it holds signs that no token has.
    """
    for token in (given, *map(os.environ.get, VARIABLES)):
        token = (token or "").strip()
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise InputError("the access token holds signs that no token has; copy it again")
        if token:
            return token
    return None


def refusal(
    source: str, error: BaseException, token: str | None, kind: Kind = "model"
) -> str | None:
    """What to say where the hub keeps `source` from this user; None where it didn't refuse."""
    from huggingface_hub.errors import GatedRepoError

    chain = list(_causes(error))
    # The package datasets raises its own error, whose cause is gone.
    if any(
        isinstance(cause, GatedRepoError) or "is a gated dataset" in str(cause) for cause in chain
    ):
        place = source if kind == "model" else f"datasets/{source}"
        page = f"ask for access at https://huggingface.co/{place}"
        if token is None:
            return (
                f"{source}: a gated {kind}; {page}, then set {VARIABLES[0]} or {VARIABLES[1]} to "
                "your token, or give it with --huggingface-token"
            )
        return f"{source}: a gated {kind} that the access token doesn't open; {page}"
    statuses = [getattr(getattr(cause, "response", None), "status_code", None) for cause in chain]
    if token is not None and (401 in statuses or 403 in statuses):
        return f"{source}: the hub refuses the access token; check the token and the {kind}'s name"
    return None


def without_token(message: str, token: str | None) -> str:
    """The message with no token in it.

    >>> without_token("Bearer hf_abc is refused", "hf_abc")
    'Bearer … is refused'
    """
    return message.replace(token, "…") if token else message


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[int] = []
    while error is not None and id(error) not in seen:
        seen.append(id(error))
        yield error
        error = error.__cause__ or error.__context__
