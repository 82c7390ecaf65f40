"""How texts and answers look in the JSON of a server."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field, JsonValue

from astrid.spec import Spec


class Wire(Spec):
    """Where the texts stand in the body that is sent, and the answers in the one that comes back.

    Attributes:
        request: the key of the list of texts.
        extra: further keys and values of every body that is sent.
        response: the key of the answers, keys within keys by dots; empty where the whole body is
            the answers.

    >>> Wire().body(["good"])
    b'{"texts": ["good"]}'
    >>> Wire(response="result.scores").answers({"result": {"scores": [[0.5, 0.5]]}})
    [[0.5, 0.5]]
    """

    request: str = Field(default="texts", min_length=1)
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    response: str = "probabilities"

    def body(self, texts: Sequence[str]) -> bytes:
        """What is sent for `texts`."""
        return json.dumps({**self.extra, self.request: list(texts)}).encode()

    def answers(self, body: Any) -> Any:
        """The answers within what came back.

        Raises:
            KeyError: they are not where they should be.
        """
        for key in self.response.split(".") if self.response else []:
            if not isinstance(body, dict):
                raise KeyError(key)
            body = body[key]
        return body


HUGGING_FACE = Wire(request="inputs", extra={"parameters": {"top_k": None}}, response="")
"""The text-classification API of Hugging Face: labelled scores of all classes for each text."""
