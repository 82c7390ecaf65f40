"""A text classifier behind an address."""

import email.utils
import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import requests
import urllib3

from astrid.errors import CallError, InputError
from astrid.models.address import public_address
from astrid.models.black_box.answers import Outputs
from astrid.models.black_box.box import BlackBox
from astrid.models.black_box.limits import Limits, Price, within
from astrid.models.black_box.wire import Wire

_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Status codes after which another attempt may succeed."""

_PIECE = 65_536


@dataclass(frozen=True)
class _Trouble:
    """Why an attempt gave nothing; `again`: it may pass, `after` this many seconds."""

    what: str
    again: bool = True
    after: float | None = None


class HttpModel(BlackBox):
    """A classifier that answers POST requests with JSON.

    By default `{"texts": [...]}` is sent and `{"probabilities": [[...], ...]}` is expected; `wire`
    says otherwise (`HUGGING_FACE` is ready). Redirects are not followed, so that a token goes to
    no other host. An attempt that may succeed later (no connection, no answer in time, status 408,
    425, 429, 500, 502, 503, 504) is made again, after what the server asks for in `Retry-After` or
    twice the last wait, less a random part.

    Args:
        url: where to post, `http://…` or `https://…`.
        labels: names of the K classes, in the order of the numbers.
        name: for tables and messages; by default the address without its query.
        replacement: what stands for a word that is left out; None leaves nothing there.
        outputs: `probabilities` (in [0, 1], summing to 1 within 0.001) or `logits`.
        batch_size: most texts in one call.
        wire: where texts and answers stand in the JSON.
        headers: of every request. Secrets belong into `token_env`.
        token_env: the environment variable of a token, sent as `Authorization: Bearer …`. It is
            read for each call, kept nowhere, and stands in no message.
        limits: time, attempts, pace and number of calls.
        price: of the calls, for `astrid.explain.estimate`.

    Raises:
        InputError: not an address, no such variable, or a setting out of range.
    """

    def __init__(
        self,
        url: str,
        labels: Sequence[str],
        *,
        name: str | None = None,
        replacement: str | None = None,
        outputs: Outputs = "probabilities",
        batch_size: int = 32,
        wire: Wire | None = None,
        headers: Mapping[str, str] | None = None,
        token_env: str | None = None,
        limits: Limits | None = None,
        price: Price | None = None,
    ) -> None:
        address = public_address(url)
        super().__init__(
            labels,
            name=name or address,
            replacement=replacement,
            outputs=outputs,
            batch_size=batch_size,
            limits=limits or Limits(),
            price=price or Price(),
        )
        self.wire = wire or Wire()
        self._url = url
        self._headers = dict(headers or {})
        self._token_env = token_env
        _token(token_env)
        self._session = requests.Session()

    def _ask(self, texts: list[str]) -> object:
        body = self.wire.body(texts)
        attempt = 0
        while True:
            self.meter.take()
            reply = self._attempt(body)
            if not isinstance(reply, _Trouble):
                return self._read(reply)
            attempt += 1
            wait = _wait(self.limits, attempt, reply)
            if wait is None:
                tried = f" ({attempt} attempts)" if attempt > 1 else ""
                raise CallError(f"{self.name}: {reply.what}{tried}")
            time.sleep(wait)

    def _attempt(self, body: bytes) -> bytes | _Trouble:
        """One request within the time limit: the body of the answer, or why there is none."""
        seconds = self.limits.timeout
        session = self._session
        try:
            if seconds is None:
                return self._post(session, body, None)
            deadline = time.monotonic() + seconds
            return within(seconds, lambda: self._post(session, body, deadline))
        except (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError):
            # The socket's limit is the same: on a busy machine it may be the first to tell.
            # The connection is still taken by the attempt that was given up.
            self._session = requests.Session()
            return _Trouble(f"no whole answer within {seconds:g} s")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # Not its message: addresses, headers and bodies stand in there.
            kind, again = type(error).__name__, not isinstance(error, ValueError)
        return _Trouble(f"can't be reached or broke off ({kind})", again)

    def _post(
        self, session: requests.Session, body: bytes, deadline: float | None
    ) -> bytes | _Trouble:
        # `auth` keeps requests from sending what stands in a .netrc file instead of the token.
        with session.post(
            self._url,
            data=body,
            headers=self._all_headers(),
            timeout=self.limits.timeout,
            allow_redirects=False,
            stream=True,
            auth=lambda request: request,
        ) as response:
            trouble = _refused(response)
            return trouble or _whole(response, self.limits.largest_answer, deadline)

    def _all_headers(self) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        token = _token(self._token_env)
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return {**headers, **self._headers, **bearer}

    def _read(self, body: bytes) -> object:
        try:
            return self.wire.answers(json.loads(body))
        except (ValueError, RecursionError):
            problem = f"its answer of {len(body)} bytes is not JSON"
        except KeyError as error:
            problem = f"its answer has nothing at {error} of response={self.wire.response!r}"
        raise CallError(f"{self.name}: {problem}")


def _token(variable: str | None) -> str | None:
    if variable is None:
        return None
    token = os.environ.get(variable, "").strip()
    if not token:
        raise InputError(f"the environment variable {variable} of the token is not set")
    if not (token.isascii() and token.isprintable()):
        raise InputError(f"the environment variable {variable} holds no token that can be sent")
    return token


def _refused(response: requests.Response) -> _Trouble | None:
    """What the status says against reading on."""
    status = response.status_code
    if 300 <= status < 400:
        return _Trouble(f"redirects elsewhere (status {status}); give the final address", False)
    if status >= 400:
        hint = {401: "; is the token right?", 403: "; is the token right?"}.get(status, "")
        after = _retry_after(response)
        if after is not None:
            hint = f", asks to wait {after:.0f} s{hint}"
        return _Trouble(f"status {status}{hint}", status in _PASSING, after)
    return None


def _whole(response: requests.Response, most: int, deadline: float | None) -> bytes | _Trouble:
    """The whole body, read as it comes, so that neither its size nor its pace is the server's."""
    body = bytearray()
    while piece := response.raw.read1(_PIECE, decode_content=True):
        body += piece
        if len(body) > most:
            return _Trouble(f"its answer is larger than {most:,} bytes", again=False)
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds that the server asks to wait: a number or a date."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked[:9])
    try:
        return max(email.utils.parsedate_to_datetime(asked).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None


def _wait(limits: Limits, attempt: int, trouble: _Trouble) -> float | None:
    """Seconds before the next attempt; None where there is none."""
    if not trouble.again or attempt > limits.retries:
        return None
    if trouble.after is not None:
        return trouble.after if trouble.after <= limits.longest_wait else None
    # A random part, so that many clients don't come back at the same moment.
    backed_off = limits.first_wait * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.0)
    return min(backed_off, limits.longest_wait)
