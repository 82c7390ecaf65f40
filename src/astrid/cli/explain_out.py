"""`astrid explain --out`: a corpus of any size, here or on a Ray cluster."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrid.cli import options
from astrid.errors import InputError
from astrid.spec import nearest

if TYPE_CHECKING:
    from astrid.explain.corpus_run import KnownModel, Runner
    from astrid.explain.targets import Target
    from astrid.text.load import DataSpec
    from astrid.text.rows import TextRows

_ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Place:
    """Where the explanations go and what computes them."""

    folder: Path
    shard_size: int | None
    ray: bool
    address: str | None


def place(
    folder: Path | None, shard_size: int | None, engine: str | None, address: str | None
) -> Place | None:
    """The options, checked against each other; None where no folder is given."""
    if folder is None:
        if any(option is not None for option in (shard_size, engine, address)):
            raise InputError("--shard-size, --engine and --address go with --out")
        return None
    engine = engine or "local"
    if engine not in _ENGINES:
        raise InputError(f'--engine "{engine}": {nearest(engine, _ENGINES)}')
    if address is not None and engine != "ray":
        raise InputError("--address goes with --engine ray")
    return Place(folder, shard_size, engine == "ray", address)


def refuse_precision(place: Place, precision: str) -> None:
    """Workers open the model themselves, from its folder."""
    if place.ray and precision not in ("float32", "fp32"):
        raise InputError("--precision: workers of --engine ray open models as float32")


def rows(spec: "DataSpec", split: str | None) -> "TextRows":
    """A whole file row by row; a split, or a corpus by name, from memory."""
    from astrid.text.load import file_rows
    from astrid.text.rows import CorpusRows

    if spec.source == "file" and split in (None, "all"):
        return file_rows(spec)
    return CorpusRows(options.documents(spec, split or "all"))


def write(
    place: Place,
    model: "tuple[str, KnownModel]",
    rows: "TextRows",
    method: str,
    target: "Target",
    params: dict[str, Any],
    limit: int | None,
) -> dict[str, Any]:
    """Explain the rows; the summary for `--json`. `model` is its source and the model itself."""
    from astrid.explain.corpus_run import SHARD_SIZE, explain_to
    from astrid.progress import bar

    source, opened = model
    written = explain_to(
        place.folder,
        opened,
        rows,
        method,
        target=target,
        params=params,
        shard_size=place.shard_size or SHARD_SIZE,
        limit=limit,
        runner=_runner(place, source, str(opened.device)),
        progress=bar,
    )
    if written.left_out:
        options.say(f"left out: {written.left_out} rows (no text, or a label not asked for)")
    new = f"{written.made} of them new" if written.made else "all there already"
    options.say(f"{place.folder}: {written.texts} texts in {written.shards} files, {new}")
    return {
        "folder": str(place.folder),
        "texts": written.texts,
        "shards": written.shards,
        "made": written.made,
        "left_out": written.left_out,
    }


def _runner(place: Place, source: str, device: str) -> "Runner | None":
    if not place.ray:
        return None
    from astrid.study.cluster import ray_runner

    return ray_runner(source, device, place.address)
