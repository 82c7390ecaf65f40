"""`astrid explain` for language models: what is asked of one, and the options that ask it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astrid.cli import options
from astrid.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astrid.explain.records import Explanations
    from astrid.explain.targets import Target
    from astrid.models.causal.model import CausalModel
    from astrid.models.protocol import TextModel

NextToken = Annotated[
    bool,
    typer.Option(
        "--next-token",
        help="Language models: explain the token that the model itself prefers after the text.",
    ),
]
Token = Annotated[
    str | None,
    typer.Option("--token", help='Language models: explain this token after the text (" dog").'),
]
Distractor = Annotated[
    str | None,
    typer.Option(
        "--distractor", help="With --token: explain the logit difference to this other token."
    ),
]
Prompt = Annotated[
    str | None,
    typer.Option(
        "--prompt",
        help=r'Language models: what stands around each text ("Review: {text}\nMood:").',
    ),
]
Classes = Annotated[
    str | None,
    typer.Option(
        "--classes",
        help='Language models: tokens to choose between, after the prompt (" good, bad").',
    ),
]
Generate = Annotated[
    int | None,
    typer.Option(
        "--generate",
        help="Language models: go on for N tokens and explain each of them.",
        min=1,
    ),
]


@dataclass(frozen=True)
class Asked:
    """What a language model is asked; nothing where the model is a classifier.

    The last three are what `--target`, `--class` and `--against` say, which go with any model.
    """

    next_token: bool
    token: str | None
    distractor: str | None
    prompt: str | None
    classes: str | None
    generate: int | None
    target: str | None
    label: str | None
    against: str | None

    def __post_init__(self) -> None:
        if len(self._ways) > 1:
            raise InputError(
                "--next-token, --token, --classes and --generate ask different things; give one"
            )
        if self.distractor is not None and self.token is None:
            raise InputError("--distractor goes with --token, which it is compared with")
        if self.prompt is not None and not self._ways:
            raise InputError(
                "--prompt is for a language model: give --next-token, --token, --classes or "
                "--generate too"
            )
        self._refuse_what_is_settled()

    def _refuse_what_is_settled(self) -> None:
        """Where the question itself says what is explained, no other option may say it too."""
        named = {"--class": self.label, "--against": self.against}
        given = [option for option, value in named.items() if value is not None]
        if given and self.generate is not None:
            raise InputError(f"{given[0]}: --generate explains each token that is generated")
        if self.distractor is None:
            return
        if self.target not in (None, "logit_difference"):
            given.append(f"--target {self.target}")
        if given:
            raise InputError(
                f"{given[0]}: --distractor explains the logit difference of --token to it"
            )

    def __bool__(self) -> bool:
        return bool(self._ways)

    @property
    def _ways(self) -> list[object]:
        ways = (self.next_token or None, self.token, self.classes, self.generate)
        return [way for way in ways if way is not None]

    @property
    def labels(self) -> dict[str, str] | list[str] | None:
        """The tokens asked for, by the name that tables show; None is the model's own."""
        if self.token is not None:
            others = [] if self.distractor is None else [_signs(self.distractor)]
            return [_signs(self.token), *others]
        if self.classes is not None:
            return _by_name(_signs(self.classes).split(","))
        return None


def _by_name(texts: list[str]) -> dict[str, str]:
    """The classes by their names, which show no space at their ends."""
    found: dict[str, str] = {}
    for text in texts:
        name = text.strip() or text
        if name and name in found:
            raise InputError(
                f'--classes: two classes are named "{name}" (spaces at the ends don\'t count); '
                "give classes that differ in more"
            )
        found[name] = text
    return found


def open_model(source: str, device: str, precision: str, asked: Asked) -> "CausalModel":
    """The language model, with what is doubtful about it said on stderr."""
    from astrid.models.causal.load import load_language_model

    model = load_language_model(
        source,
        prompt=None if asked.prompt is None else _signs(asked.prompt),
        labels=asked.labels,
        device=device,
        precision=precision,  # type: ignore[arg-type]
    )
    options.say_of(model)
    return model


def target(asked: Asked, chosen: "Target") -> "Target":
    """What is explained: the token against its distractor, or as the other options say."""
    from astrid.explain.targets import Target

    return chosen if asked.distractor is None else Target("logit_difference", 0, 1)


def generated(
    model: "TextModel",
    texts: "Sequence[str]",
    method: str,
    count: int,
    kind: str,
    params: dict[str, Any],
) -> "Explanations":
    """Every generated token of every text."""
    from astrid.explain.generation import explain_generation
    from astrid.explain.records import Explanation, Explanations
    from astrid.models.causal.model import CausalModel
    from astrid.progress import bar, no_bar

    assert isinstance(model, CausalModel), "--generate opens a language model"
    found: list[Explanation] = []
    shown = bar if len(texts) * count > 1 else no_bar
    with shown(f"explaining ({method})", len(texts) * count) as advance:
        for text in texts:
            written = explain_generation(
                model,
                text,
                method,
                max_new_tokens=count,
                target_kind=kind,  # type: ignore[arg-type]
                params=params,
                advance=advance,
            )
            # A text may end before it has all its tokens.
            advance(count - len(written))
            found += written
    return Explanations(found)


def _signs(text: str) -> str:
    r"""`\n` and `\t` as the signs that shells have no simple way to write."""
    return text.replace("\\n", "\n").replace("\\t", "\t")
