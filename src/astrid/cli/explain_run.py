"""What `astrid explain` does once its options are checked: one function for each kind of model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrid.cli import explain_out, language, options, remote
from astrid.errors import InputError, UnfinishedError
from astrid.files import require_writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astrid.explain.estimate import Estimate
    from astrid.explain.records import Explanation, Explanations
    from astrid.explain.targets import Target
    from astrid.models.protocol import TextModel
    from astrid.text.load import DataSpec


@dataclass(frozen=True)
class Opening:
    """Which model, and how it is opened; `labels` names the classes of one behind an address."""

    source: str
    device: str
    precision: str
    labels: str | None

    @property
    def away(self) -> bool:
        from astrid.models.address import is_address

        return is_address(self.source)


@dataclass(frozen=True)
class Source:
    """Where the texts come from: given ones, or a data set's split; the first `limit` of them."""

    given: list[str]
    data: "DataSpec | None"
    split: str | None
    limit: int | None

    def texts(self) -> list[str]:
        """The texts, none of them empty."""
        found = self.given
        if self.data is not None:
            found = options.documents(self.data, self.split or "test").texts
        for number, text in enumerate(found):
            if not text.strip():
                raise InputError(f"explain: text {number} is empty; give a text with words in it")
        return found[: self.limit]


@dataclass(frozen=True)
class Wanted:
    """The method with its settings, and the output of `task` that is explained: `label` `against`
    another."""

    method: str
    settings: dict[str, Any]
    kind: str
    label: str | None
    against: str | None
    task: str | None = None

    def target(self, model: "TextModel") -> "Target":
        """The output among those of the model."""
        from astrid.explain.targets import Target

        label, against = _index(model, self.label), _index(model, self.against)
        return Target(self.kind, label, against, self.task)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Shown:
    """How explanations are shown."""

    html: Path | None
    as_json: bool

    def check(self) -> None:
        """Refuse a page that can't be written, before anything is explained."""
        if self.html is not None:
            require_writable(self.html)

    def show(self, found: "Sequence[Explanation]") -> None:
        if self.as_json:
            for explanation in found:
                options.print_json(explanation.to_dict())
        else:
            _print(found)
        if self.html is not None:
            # Last: what was explained is shown even where the page can't be written.
            _write_page(self.html, list(found))


def check_source(data: str | None, texts: list[str] | None, options_of_data: bool) -> None:
    """Refuse texts and data together, neither, and texts with options of data."""
    if (data is None) == (not texts):
        raise InputError("explain: give either texts or --data, one of the two")
    if data is None and options_of_data:
        raise InputError("--data-path, --labels and --split go with --data, not with texts")


def of_corpus(
    place: explain_out.Place, opening: Opening, source: Source, wanted: Wanted, shown: Shown
) -> None:
    """A corpus of any size by a classifier, into a folder."""
    assert source.data is not None, "--out goes with --data"
    explain_out.refuse_precision(place, opening.precision)
    rows = explain_out.rows(source.data, source.split)
    model = options.open_model(opening.source, opening.device, opening.precision)
    said = explain_out.write(
        place,
        (opening.source, model),
        rows,
        wanted.method,
        wanted.target(model),
        wanted.settings,
        source.limit,
    )
    if shown.as_json:
        options.print_json(said)


def of_address(
    opening: Opening, limits: remote.Remote, source: Source, wanted: Wanted, shown: Shown
) -> None:
    """Texts by a model behind an address; what was finished before a call failed is shown too."""
    texts = source.texts()
    run = (texts, wanted.method, wanted.settings)
    model, estimated = remote.open_remote(opening.source, opening.labels, limits, run)
    try:
        found = _explained(model, texts, wanted, wanted.target(model), estimated)
    except UnfinishedError as error:
        shown.show(error.explanations)
        raise
    _warn_of_limits(found)
    shown.show(found)


def of_language_model(
    opening: Opening, asked: language.Asked, source: Source, wanted: Wanted, shown: Shown
) -> None:
    """Texts, or what comes after them, by a language model."""
    texts = source.texts()
    model = language.open_model(opening.source, opening.device, opening.precision, asked)
    target = language.target(asked, wanted.target(model))
    if asked.generate is None:
        found = _explained(model, texts, wanted, target)
    else:
        found = language.generated(
            model, texts, wanted.method, asked.generate, wanted.kind, wanted.settings
        )
    _warn_of_limits(found)
    shown.show(found)


def of_classifier(opening: Opening, source: Source, wanted: Wanted, shown: Shown) -> None:
    """Texts by a classifier."""
    texts = source.texts()
    model = options.open_model(opening.source, opening.device, opening.precision)
    found = _explained(model, texts, wanted, wanted.target(model))
    _warn_of_limits(found)
    shown.show(found)


def _explained(
    model: "TextModel",
    texts: list[str],
    wanted: Wanted,
    target: "Target",
    estimated: "Estimate | None" = None,
) -> "Explanations":
    from astrid.explain import run
    from astrid.progress import bar, no_bar

    shown = bar if len(texts) > 1 else no_bar
    with shown(f"explaining ({wanted.method})", len(texts)) as advance:
        return run.explain(
            model,
            texts,
            wanted.method,
            target=target,
            params=wanted.settings,
            advance=advance,
            estimated=estimated,
        )


def _index(model: "TextModel", label: str | None) -> int | None:
    from astrid.spec import nearest

    if label is None:
        return None
    if label in model.labels:
        return model.labels.index(label)
    if label in map(str, range(len(model.labels))):
        return int(label)
    raise InputError(f'{model.name} has no class "{label}"; {nearest(label, model.labels)}')


def _warn_of_limits(found: "Sequence[Explanation]") -> None:
    short = [item.completeness_gap or 0.0 for item in found if item.converged is False]
    if short:
        options.say(
            f"warning: {len(short)} of {len(found)} texts reached the limit of steps before the "
            f"tolerance (largest gap {max(short):.2g}); raise -p limit=… or the tolerance"
        )


def _write_page(path: Path, found: "list[Explanation]") -> None:
    from astrid.files import write_atomic
    from astrid.report.words import words_page

    write_atomic(path, words_page(found))
    options.say(f"written: {path}")


def _print(found: "Sequence[Explanation]") -> None:
    from rich.console import Console

    from astrid.report.coloured import coloured_text

    console = Console(stderr=True)
    for explanation in found:
        console.print(coloured_text(explanation))
