"""A data set of the Hugging Face hub, or a local folder that `datasets` can read."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from astrid import hub
from astrid.errors import InputError
from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import LabelNames, Limit, Row, make_corpus
from astrid.text.sources._numbered import label_words, named, names_of, with_numbers
from astrid.text.sources._parts import SPLITS, chosen
from astrid.text.sources._table import COMPANION, Table


class Params(Spec):
    """Which data set and what its columns mean.

    Attributes:
        name: the data set's id on the hub, such as `mteb/tweet_sentiment_extraction`, or a folder.
        config: the data set's configuration, such as `sst2` of `nyu-mll/glue`.
        revision: a commit, tag or branch, so that the data stay the same.
        split: the one split to load; None for train, validation and test, as far as they are
            there, each document keeping its split.
        text_field: the column of texts.
        label_field: the column of labels; numbers with known class names get those names, which
            the data set has for them itself or in a column `<label_field>_text`.
        rationale_field: the column of evidence, in the forms that the source `file` takes.
        labels: the classes to keep, in the order of their indices; None for all, in the data
            set's own order or sorted.
        limit: at most so many documents, the first ones of each split.
    """

    name: str
    config: str | None = None
    revision: str | None = None
    split: str | None = None
    text_field: str = "text"
    label_field: str = "label"
    rationale_field: str | None = None
    labels: LabelNames | None = None
    limit: Limit = None


def load(params: Params, token: str | None = None) -> Corpus:
    """The data set's usable rows as documents.

    Args:
        params: which data set.
        token: for gated data sets; by default that of `HF_TOKEN` or `HUGGINGFACE_TOKEN`.

    Raises:
        InputError: the extra `hub` is missing, the data set can't be reached or has no such split
            or column, or a row can't be used.
    """
    parts = {
        name: data if params.limit is None else data.select(range(min(params.limit, len(data))))
        for name, data in _parts(params, token).items()
    }
    for name, data in parts.items():
        fields = (params.text_field, params.label_field, params.rationale_field)
        Table(f"{params.name} ({name})", tuple(data.column_names), ()).require(fields)
    names = _class_names(params, next(iter(parts.values())))
    words = _words(params, parts, names)
    rows = [row for name, data in parts.items() for row in _rows(params, name, data, words)]
    corpus = make_corpus(
        "hub",
        params.name if params.split is None else f"{params.name} ({params.split})",
        rows,
        labels=names_of(params.labels, words),
        rename={name.lower(): name for name in names} if names else None,
    )
    return with_numbers(corpus, words)


def _parts(params: Params, token: str | None) -> Mapping[str, Any]:
    """The splits to load, by their names in the data set."""
    if params.split is not None and not params.split.isidentifier():
        # Such as `train[:100]`, which `datasets` understands.
        return {params.split: _fetch(params, params.split, token)}
    fetched = _fetch(params, None, token)
    parts = chosen(params.name, dict(fetched), params.split)
    if params.split is not None and len(parts[params.split]) == 0:
        raise InputError(f"{params.name}: the split {params.split} is empty; use another split")
    return parts


def _fetch(params: Params, split: str | None, token: str | None) -> Any:
    """A `Dataset` where one split is asked for, else a `DatasetDict`."""
    try:
        import datasets
    except ImportError:
        raise InputError('the source "hub" needs more: pip install "astrid[hub]"') from None
    key = hub.access_token(token)
    reached = Path(params.name).is_dir() or hub.answers()
    try:
        with _quiet(offline=not reached):
            return datasets.load_dataset(
                params.name, params.config, split=split, revision=params.revision, token=key
            )
    except Exception as error:  # noqa: BLE001 - of several libraries, and of any kind
        # What the network's own errors hold must not be seen: it may be the token.
        raise InputError(_problem(params.name, error, key, reached)) from None


@contextmanager
def _quiet(offline: bool) -> Iterator[None]:
    """Without other libraries' lines and bars; `offline`, only what was fetched before is found."""
    import datasets
    import huggingface_hub as client

    loggers = (datasets.utils.logging, client.logging)
    levels = [logger.get_verbosity() for logger in loggers]
    bars = (datasets.utils, client.utils)
    shown = [not bar.are_progress_bars_disabled() for bar in bars]
    before = datasets.config.HF_HUB_OFFLINE
    datasets.config.HF_HUB_OFFLINE = before or offline
    for logger, bar in zip(loggers, bars, strict=True):
        logger.set_verbosity(logger.CRITICAL)
        bar.disable_progress_bars()
    try:
        yield
    finally:
        datasets.config.HF_HUB_OFFLINE = before
        for logger, level, bar, was_shown in zip(loggers, levels, bars, shown, strict=True):
            logger.set_verbosity(level)
            if was_shown:
                bar.enable_progress_bars()


def _problem(name: str, error: Exception, token: str | None, reached: bool) -> str:
    import datasets

    said = hub.without_token(" ".join(str(error).split())[:300], token) or type(error).__name__
    if "scripts are no longer supported" in said:
        return (
            f"{name}: made by code from the hub, which is never run; use a data set of files "
            "(csv, jsonl, parquet), or a local file"
        )
    if not reached and isinstance(error, OSError):
        return (
            f"{name}: not fetched before, and the Hugging Face hub can't be reached; check the "
            "network, or use a local file or --dataset-name tweets_generated"
        )
    refused = hub.refusal(name, error, token, "data set")
    if refused is not None:
        return refused
    if isinstance(error, datasets.exceptions.DataFilesNotFoundError):
        return f"{name}: there are no files of data in it"
    if isinstance(error, datasets.exceptions.DatasetNotFoundError):
        there = "nor does the access token open one" if token else "or it needs an access token"
        return f"{name}: no such data set on the hub, {there}"
    if isinstance(error, ValueError):
        return f"{name}: {said}"
    return (
        f"{name}: can't be fetched ({said}); check the network, or use the source file with a "
        "local copy"
    )


def _class_names(params: Params, data: Any) -> list[str] | None:
    """The names that the data set itself gives to its numbered labels."""
    return getattr(data.features[params.label_field], "names", None)


def _words(params: Params, parts: Mapping[str, Any], names: list[str] | None) -> dict[str, str]:
    if names is not None:
        return {str(number): name for number, name in enumerate(names)}
    fields = [params.label_field, params.label_field + COMPANION]
    if not all(fields[1] in data.column_names for data in parts.values()):
        return {}
    both = (row for data in parts.values() for row in data.select_columns(fields))
    return label_words(both, params.label_field)


def _rows(params: Params, name: str, data: Any, words: Mapping[str, str]) -> Iterable[Row]:
    hidden = _class_names(params, data) is not None
    split = SPLITS[name] if params.split is None else None
    for number, row in enumerate(data, start=1):
        label = row[params.label_field]
        # The hub's way to say that the label of a text with named classes is not told.
        label = None if hidden and label == -1 else named(label, words)
        rationale = row[params.rationale_field] if params.rationale_field else None
        yield Row(row[params.text_field], label, rationale, f"{name}-{number}", split)
