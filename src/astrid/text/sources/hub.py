"""A data set of the Hugging Face hub, or a local folder that `datasets` can read."""

from collections.abc import Iterable, Mapping
from typing import Any

from astrid.errors import InputError
from astrid.spec import Spec
from astrid.text.document import Corpus
from astrid.text.sources._corpus import LabelNames, Limit, Row, make_corpus
from astrid.text.sources._table import Table

SPLITS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


class Params(Spec):
    """Which data set and what its columns mean.

    Attributes:
        name: the data set's id on the hub, such as `mteb/tweet_sentiment_extraction`, or a folder.
        config: the data set's configuration, such as `sst2` of `nyu-mll/glue`.
        revision: a commit, tag or branch, so that the data stay the same.
        split: the one split to load; None for train, validation and test, as far as they are
            there, each document keeping its split.
        text_field: the column of texts.
        label_field: the column of labels; numbers with known class names get those names.
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


def load(params: Params) -> Corpus:
    """The data set's usable rows as documents.

    Raises:
        InputError: the extra `hub` is missing, the data set can't be reached or has no such split
            or column, or a row can't be used.
    """
    fetched = _fetch(params)
    if params.split is None:
        parts = {name: data for name, data in fetched.items() if name in SPLITS}
        if not parts:
            raise InputError(
                f"{params.name}: no train, validation or test split; name one with `split`"
                f" (there are: {', '.join(fetched)})"
            )
    else:
        parts = {params.split: fetched}
    rows = [row for name, data in parts.items() for row in _rows(params, name, data)]
    names = _class_names(params, next(iter(parts.values())))
    rename = {name.lower(): name for name in names} if names else None
    return make_corpus("hub", params.name, rows, labels=params.labels, rename=rename)


def _fetch(params: Params) -> Any:
    """A `Dataset` where one split is asked for, else a `DatasetDict`."""
    try:
        import datasets
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError:
        raise InputError('the source "hub" needs more: pip install "astrid[hub]"') from None
    try:
        return datasets.load_dataset(
            params.name, params.config, split=params.split, revision=params.revision
        )
    except datasets.exceptions.DatasetNotFoundError:
        raise InputError(f"{params.name}: no such data set on the hub, or it is gated") from None
    except (HfHubHTTPError, OSError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{params.name}: can't be fetched ({problem}); check the network, or use the source"
            " file with a local copy"
        ) from None
    except (ValueError, datasets.exceptions.DatasetsError) as error:
        raise InputError(f"{params.name}: {error}") from None


def _rows(params: Params, name: str, data: Any) -> Iterable[Row]:
    where = f"{params.name} ({name})"
    fields = (params.text_field, params.label_field, params.rationale_field)
    Table(where, tuple(data.column_names), ()).require(fields)
    if params.limit is not None:
        data = data.select(range(min(params.limit, len(data))))
    label_names = _class_names(params, data)
    split = SPLITS[name] if params.split is None else None
    for number, row in enumerate(data, start=1):
        label = _label(row, params.label_field, label_names)
        rationale = row[params.rationale_field] if params.rationale_field else None
        yield Row(row[params.text_field], label, rationale, f"{name}-{number}", split)


def _class_names(params: Params, data: Any) -> list[str] | None:
    """The names that the data set itself gives to its numbered labels."""
    return getattr(data.features[params.label_field], "names", None)


def _label(row: Mapping[str, Any], field: str, names: list[str] | None) -> Any:
    """The label's name where the data set has names; -1 means that the label is hidden."""
    if names is None or not isinstance(row[field], int):
        return row[field]
    return names[row[field]] if row[field] >= 0 else None
