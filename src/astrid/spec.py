"""Specs: frozen, checked settings whose canonical JSON is the identity of what they make."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from astrid.errors import InputError


class Spec(BaseModel):
    """Base of every spec and every `Params`: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical JSON (sorted keys, no spaces)."""
        return digest(self.model_dump(mode="json"))


_LONGEST = 120
"""Characters that a message shows of a wrong value."""

SpecT = TypeVar("SpecT", bound=Spec)


def digest(value: Any) -> str:
    """First 16 hex digits of the SHA-256 of `value` as canonical JSON.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a wrong name: the nearest right one, or all of them.

    >>> nearest("atention", ["attention", "lime"])
    'did you mean "attention"?'
    >>> nearest("x", ["attention", "lime"])
    'known: attention, lime'
    """
    known = sorted(known)
    close = get_close_matches(name, known, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known)}"


def checked(spec: type[SpecT], values: Mapping[str, Any], where: str) -> SpecT:
    """Build `spec` from `values`, or raise `InputError` with the first problem in one line.

    `where` names the place for the reader, for example `trainer` or `--params`.
    """
    try:
        return spec.model_validate(dict(values))
    except ValidationError as error:
        raise InputError(_first_problem(spec, error, where)) from None


def _first_problem(spec: type[Spec], error: ValidationError, where: str) -> str:
    problem = _of_any_kind(error)
    path = ".".join(str(part) for part in problem["loc"])
    place = f"{where}.{path}" if path else where
    if problem["type"] == "extra_forbidden":
        parent = _spec_at(spec, problem["loc"][:-1])
        hint = nearest(str(problem["loc"][-1]), parent.model_fields) if parent else ""
        return f"{place}: no such setting; {hint}" if hint else f"{place}: no such setting"
    if problem["type"] == "missing":
        return f"{place}: this setting is required"
    if problem["type"] == "value_error" and isinstance(problem["input"], Mapping):
        # What is wrong is said already; the input would be the whole of the settings.
        return f"{place}: {problem['ctx']['error']}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {message} (got {_short(problem['input'])})"


def _of_any_kind(error: ValidationError) -> Any:
    """The first problem; where a setting may be of several kinds, what each of them asks for."""
    problems = error.errors(include_url=False)
    first = problems[0]
    place = next((n for n, part in enumerate(first["loc"]) if _is_kind(part)), None)
    if place is None:
        return first
    start = first["loc"][:place]
    alike = [found["msg"] for found in problems if found["loc"][:place] == start]
    asked = [alike[0], *(message.removeprefix("Input should be ") for message in alike[1:])]
    return {**first, "loc": start, "msg": ", or ".join(dict.fromkeys(asked))}


def _is_kind(part: int | str) -> bool:
    """Whether a part of a place is pydantic's name of a kind that a setting may be of."""
    return isinstance(part, str) and part.startswith("literal[")


def _short(value: Any) -> str:
    """How a wrong value is shown: the beginning of a long one is enough to find it."""
    shown = repr(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} …"


def _spec_at(spec: type[Spec], path: tuple[int | str, ...]) -> type[Spec] | None:
    """The nested spec that `path` leads to, where the fields' types say so."""
    found: Any = spec
    for part in path:
        if get_origin(found) is not None:  # settings by name, such as `Mapping[str, Rung]`
            found = get_args(found)[-1]
            continue
        if not _is_spec(found):
            return None
        field = found.model_fields.get(str(part))
        found = field.annotation if field else None
    return found if _is_spec(found) else None


def _is_spec(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, Spec)
