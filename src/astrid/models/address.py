"""Addresses of models, and what of them may be shown."""

from typing import TypeGuard
from urllib.parse import urlsplit

from astrid.errors import InputError


def is_address(source: object) -> TypeGuard[str]:
    """Whether `source` is an http or https address.

    >>> is_address("https://example.org/classify"), is_address("runs/demo/teacher")
    (True, False)
    """
    return isinstance(source, str) and source.lower().startswith(("http://", "https://"))


def public_address(url: str) -> str:
    """The address without its query, where keys may stand.

    >>> public_address("https://example.org/classify?key=abc")
    'https://example.org/classify'
    """
    try:
        parts = urlsplit(url)
        valid = is_address(url) and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise InputError("the address of a model must be like https://host/path")
    if parts.username is not None or parts.password is not None:
        raise InputError("an address with a password in it; put a token into token_env instead")
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
