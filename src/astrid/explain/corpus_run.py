"""Explaining a corpus of any size into a folder of Parquet shards, to be gone on with at any time.

The shards that are in the folder are the only record of what is done: a run that was killed has
lost the shard it was at, and the same call makes those that are missing. `_run.json` says what the
folder holds; a call that asks for anything else is refused.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import Field, ValidationError

from astrid._version import __version__
from astrid.errors import InputError
from astrid.explain import methods, shards
from astrid.explain.engine import TOKEN_BUDGET
from astrid.explain.records import Explanation
from astrid.explain.run import bound_method, stream
from astrid.explain.shards import Shard
from astrid.explain.targets import Target
from astrid.files import locked, write_atomic
from astrid.models.protocol import TextModel
from astrid.progress import Advance, Bar, no_bar
from astrid.spec import Spec
from astrid.text.rows import TextRows

SHARD_SIZE = 500
"""Rows of the source in one shard, unless asked otherwise."""

# The underscore keeps the file out of what pandas, pyarrow and Spark read from the folder.
RUN_FILE = "_run.json"


class KnownModel(TextModel, Protocol):
    """A model that can say whether it is the same as another."""

    def fingerprint(self) -> str:
        """Hex digits that change with anything that decides the model's answers."""


class RunSpec(Spec):
    """All that decides the scores, beside the texts themselves.

    Attributes:
        model: its fingerprint.
        device: where it runs.
        method: the method's name.
        params: all settings of the method.
        target: the fields of `Target`.
        token_budget: tokens in one batch.
        shard_size: rows of the source in one shard.
        limit: texts to explain; None for all.
        astrid: the version.
    """

    model: str
    device: str
    method: str
    params: dict[str, Any]
    target: dict[str, Any]
    token_budget: int = Field(ge=1)
    shard_size: int = Field(ge=1)
    limit: int | None = Field(ge=1)
    astrid: str = __version__


Runner = Callable[[RunSpec, Iterable[Shard], Advance], Generator[tuple[Shard, bytes]]]
"""What turns shards into the bytes of their files, in any order, telling of each finished text."""


@dataclass(frozen=True)
class Written:
    """What is in the folder after a run.

    Attributes:
        folder: where the shards are.
        texts: explained in all.
        shards: files in all.
        made: files that this run made; the others were there.
        left_out: rows of the source without a text, or with a label not asked for.
    """

    folder: Path
    texts: int
    shards: int
    made: int
    left_out: int


@dataclass(frozen=True)
class _Plan:
    texts: int
    texts_to_do: int
    shards: int
    left_out: int


def explain_to(
    folder: str | Path,
    model: KnownModel,
    rows: TextRows,
    method: str = "integrated_gradients",
    *,
    target: Target | None = None,
    params: dict[str, Any] | None = None,
    shard_size: int = SHARD_SIZE,
    limit: int | None = None,
    token_budget: int = TOKEN_BUDGET,
    runner: Runner | None = None,
    progress: Bar = no_bar,
) -> Written:
    """Explain every text of `rows` into `folder/shard-00000.parquet` and so on.

    All rows are read and checked before anything is explained. Called again after a run that did
    not end, it makes the shards that are missing, byte for byte those that the run would have
    made with the same number of threads.

    Args:
        folder: made if it isn't there.
        model: what `astrid.load_model` returns.
        rows: `FileRows` of a file, or `CorpusRows` of a corpus; gone through twice.
        method: a name from `astrid methods`.
        target: the output to explain; by default the probability of the predicted class.
        params: the method's settings.
        shard_size: rows of the source in one shard, the unit that a killed run loses.
        limit: explain only the first texts.
        token_budget: tokens in one batch; bounds the memory.
        runner: what computes the shards; by default this process.
        progress: shows how far it is, for example `astrid.progress.bar`.

    Raises:
        InputError: a model without a fingerprint (a black box), a row that can't be used, a folder
            that holds another run or is in use, or no room; finished shards stay.
    """
    folder = Path(folder)
    if not hasattr(model, "fingerprint"):
        raise InputError(
            f"{model.name}: can't show in a later run that it is the same model; give one that "
            "load_model opens, or use explain"
        )
    bound_method(model, method, params or {})
    spec = RunSpec(
        model=model.fingerprint(),
        device=str(model.device),
        method=method,
        params=methods.params(method, params or {}).model_dump(mode="json"),
        target=asdict(target or Target()),
        token_budget=token_budget,
        shard_size=shard_size,
        limit=limit,
    )
    with ExitStack() as stack:
        there = _exists(folder)
        if there:
            _check_folder(folder, spec)
            stack.enter_context(locked(folder))
        plan = _plan(folder, rows, spec, progress)
        if not there:
            # Only now, so that a file that can't be read leaves no folder behind.
            stack.enter_context(locked(folder))
        _check_folder(folder, spec)
        _begin(folder, spec, model.name, rows.where)
        made = _write(folder, rows, spec, runner or here(model), progress, plan.texts_to_do)
    return Written(folder, plan.texts, plan.shards, made, plan.left_out)


def here(model: TextModel) -> Runner:
    """Computes shards one after the other with `model`."""

    def run(
        spec: RunSpec, wanted: Iterable[Shard], advance: Advance
    ) -> Generator[tuple[Shard, bytes]]:
        for shard in wanted:
            yield shard, explain_shard(model, spec, shard, advance)

    return run


def explain_shard(model: TextModel, spec: RunSpec, shard: Shard, advance: Advance) -> bytes:
    """The bytes of the shard's file.

    Raises:
        InputError: a text that can't be explained, named with its row.
    """
    texts = [row.text or "" for row in shard.rows]
    found: dict[int, Explanation] = {}
    try:
        for number, explanation in stream(
            model,
            texts,
            spec.method,
            target=Target(**spec.target),
            params=spec.params,
            token_budget=spec.token_budget,
        ):
            found[number] = explanation
            advance()
    except InputError as error:
        raise _with_row(error, model, shard) from None
    return shards.to_bytes(shard, [found[number] for number in range(len(texts))], spec.digest())


def _with_row(error: InputError, model: TextModel, shard: Shard) -> InputError:
    number = error.text if error.text is not None else _unreadable(model, shard)
    if number is None:
        return error
    problem = str(error).replace(f"text {number} ", "the text ", 1)
    return InputError(f"{shard.where}: row {shard.rows[number].row}: {problem}", number)


def _unreadable(model: TextModel, shard: Shard) -> int | None:
    """The number of the first text that the tokenizer refuses."""
    for number, row in enumerate(shard.rows):
        try:
            model.encode(row.text or "")
        except InputError:
            return number
    return None


def _plan(folder: Path, rows: TextRows, spec: RunSpec, progress: Bar) -> _Plan:
    """Go through all rows: whether each can be used, and what is done of them."""
    seen = left_out = 0
    texts = to_do = done = count = 0
    digest = spec.digest()

    def counted(advance: Advance) -> Iterator[Any]:
        nonlocal seen, left_out
        for row in rows:
            seen += 1
            left_out += row.text is None
            advance()
            yield row

    with progress(f"reading {Path(rows.where).name}", None) as advance:
        for shard in shards.cut(rows.where, counted(advance), spec.shard_size, spec.limit):
            ready = shards.is_done(folder, shard, digest)
            texts, count, done = texts + len(shard.rows), count + 1, done + ready
            to_do += 0 if ready else len(shard.rows)
    if not texts:
        raise InputError(f"{rows.where}: no row is left to explain ({left_out} of {seen} left out)")
    if sum(1 for _ in folder.glob(shards.PATTERN)) > done:
        raise InputError(
            f"{folder}: holds explanations of rows that are not in {rows.where} any more; restore "
            "them, or choose another folder"
        )
    return _Plan(texts, to_do, count, left_out)


def _exists(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}; choose another folder") from None


def _check_folder(folder: Path, spec: RunSpec) -> None:
    """Refuse a folder that holds anything but this run."""
    path = folder / RUN_FILE
    try:
        names = [file.name for file in folder.iterdir() if not file.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}; choose another folder") from None
    if not names:
        return
    if path.name not in names:
        raise InputError(f"{folder}: holds something else; choose a new or an empty folder")
    try:
        other = RunSpec.model_validate(json.loads(path.read_text(encoding="utf-8"))["spec"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        raise InputError(f"{path}: can't be read; choose another folder") from None
    for name in RunSpec.model_fields:
        was, asked = getattr(other, name), getattr(spec, name)
        if was != asked:
            raise InputError(
                f"{folder}: holds another run ({name} {_brief(was)} there, {_brief(asked)} here); "
                "choose another folder"
            )


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False).replace('"', "")
    return text if len(text) <= 80 else text[:79] + "…"


def _begin(folder: Path, spec: RunSpec, name: str, where: str) -> None:
    """Clear what a killed run left half-written; say what the folder is for."""
    for leftover in (*folder.glob(".shard-*"), *folder.glob(f".{RUN_FILE}.*")):
        leftover.unlink(missing_ok=True)
    if not (folder / RUN_FILE).exists():
        about = {"spec": spec.model_dump(mode="json"), "model": name, "data": where}
        text = json.dumps(about, ensure_ascii=False, indent=2)
        write_atomic(folder / RUN_FILE, text + "\n")


def _write(
    folder: Path, rows: TextRows, spec: RunSpec, runner: Runner, progress: Bar, texts: int
) -> int:
    """Make the missing shards; their number."""
    if not texts:
        return 0
    digest, made = spec.digest(), 0
    wanted = (
        shard
        for shard in shards.cut(rows.where, rows, spec.shard_size, spec.limit)
        if not shards.is_done(folder, shard, digest)
    )
    with (
        progress(f"explaining ({spec.method})", texts) as advance,
        closing(runner(spec, wanted, advance)) as computed,
    ):
        for shard, content in computed:
            write_atomic(folder / shard.file, content)
            made += 1
    return made
