"""Options of a model behind an http address."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.cli import options
from astrid.errors import InputError
from astrid.spec import nearest

if TYPE_CHECKING:
    from astrid.explain.estimate import Estimate
    from astrid.models.black_box import HttpModel, Wire

Api = Annotated[
    str | None,
    typer.Option("--api", help="JSON of an http address: texts (default) or hugging-face."),
]
TokenEnv = Annotated[
    str | None,
    typer.Option("--token-env", help="Environment variable with the token of an http address."),
]
RateLimit = Annotated[
    float | None, typer.Option("--rate-limit", help="Most calls a second to an http address.")
]
Budget = Annotated[
    int | None, typer.Option("--budget", help="Most calls to an http address, retries included.")
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", help="Seconds for one call to an http address (60).")
]
CallPrice = Annotated[
    float | None, typer.Option("--price", help="Price of one call, for the estimate.")
]


@dataclass(frozen=True)
class Remote:
    """The options as they were given; None where they were not."""

    api: str | None
    token_env: str | None
    rate_limit: float | None
    budget: int | None
    timeout: float | None
    price: float | None

    def refuse(self) -> None:
        """For a model that is not behind an address: none of the options may be given."""
        given = [name for name, value in asdict(self).items() if value is not None]
        if given:
            option = given[0].replace("_", "-")
            raise InputError(f"--{option}: only for a model behind an http address")


def open_remote(
    url: str, labels: str | None, remote: Remote, run: tuple[list[str], str, dict[str, Any]]
) -> "tuple[HttpModel, Estimate]":
    """The model behind `url`, and what the run will take, said on stderr before its first call.

    Args:
        url: where to post.
        labels: its classes, separated by commas.
        remote: the options.
        run: texts, method and its settings.

    Raises:
        InputError: an option is wrong, or the run is over the budget.
    """
    from astrid.explain.estimate import estimate, require_within_budget
    from astrid.models.address import public_address
    from astrid.models.black_box import HttpModel, Limits, Price
    from astrid.spec import checked

    address = public_address(url)
    if labels is None:
        raise InputError(f"{address}: name its classes in order, such as --labels neg,pos")
    limits: dict[str, Any] = {
        name: value
        for name, value in asdict(remote).items()
        if name in Limits.model_fields and value is not None
    }
    model = HttpModel(
        url,
        [label.strip() for label in labels.split(",")],
        wire=_wire(remote.api or "texts"),
        token_env=remote.token_env,
        limits=checked(Limits, limits, address),
        price=checked(Price, {"per_call": remote.price or 0.0}, address),
    )
    found = estimate(model, *run)
    options.say(f"{model.name}: {found.line()}")
    require_within_budget(model, found)
    return model, found


def _wire(api: str) -> "Wire":
    from astrid.models.black_box import HUGGING_FACE, Wire

    known = {"texts": Wire(), "hugging-face": HUGGING_FACE}
    if api not in known:
        raise InputError(f'--api "{api}": {nearest(api, known)}')
    return known[api]
