"""`MBTIClassifier`: types, probabilities and reasons from posts."""

from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any, overload

import numpy as np

from astrid.errors import InputError
from astrid.explain import run
from astrid.explain.parts import whole
from astrid.explain.records import Explanation, Explanations, TargetKind
from astrid.explain.targets import Target
from astrid.files import without_surrogates
from astrid.models.load import Precision, load_model
from astrid.models.outputs import Task
from astrid.models.text_model import TransformerClassifier
from astrid.progress import Advance, silent
from astrid.spec import nearest
from astrid.text.cleaning import clean
from astrid.text.document import Corpus, Document
from astrid.text.personality import AXES, letters, posts_of
from astrid.training.joined import BETWEEN, joined

Texts = list[str] | tuple[str, ...]


class MBTIClassifier:
    """A model of the four axes, for texts as people write them.

    A text is what one person wrote: one post, or several joined by `|||`. Links and names of types
    are taken out as in training, posts are joined to texts as long as the encoder reads, and the
    probabilities of a person are the mean over these.

    Letters: a probability above 0.5 (or the threshold that the model was trained to have) means E,
    N, T, J; otherwise I, S, F, P.

    Args:
        model: a classifier of the tasks `ei`, `sn`, `tf` and `jp`, as `astrid mbti train` makes.
        clean_links: whether links are taken out of texts.
        clean_types: whether names of types (INTJ, …) are taken out.

    Raises:
        InputError: a model of other tasks.

    Example:
        >>> classifier = MBTIClassifier.load_from_checkpoint("runs/mbti")  # doctest: +SKIP
        >>> classifier.predict("I love quiet evenings with a book.")  # doctest: +SKIP
        'INFP'
    """

    def __init__(
        self, model: TransformerClassifier, clean_links: bool = True, clean_types: bool = True
    ) -> None:
        self.model = model
        self.clean_links = clean_links
        self.clean_types = clean_types
        self._tasks = _tasks(model)
        self._tokenizer = model.whole_tokenizer()

    def __repr__(self) -> str:
        cleaning = f"clean_links={self.clean_links}, clean_types={self.clean_types}"
        return f"MBTIClassifier({self.model.name!r}, {cleaning})"

    @classmethod
    def load_from_checkpoint(
        cls,
        path: str | Path,
        *,
        device: str = "cpu",
        precision: Precision = "float32",
        clean_links: bool | None = None,
        clean_types: bool | None = None,
    ) -> "MBTIClassifier":
        """The classifier of a model folder, or of a Lightning checkpoint (`….ckpt`).

        No Python object is unpickled: a checkpoint with more in it than tensors and plain values
        is refused.

        Args:
            path: the folder or file.
            device: where to run, for example `cpu` or `cuda`.
            precision: of the weights.
            clean_links: whether links are taken out; None is what the model's folder says of its
                training, or True.
            clean_types: likewise of names of types.

        Raises:
            InputError: nothing there, damaged, refused, or a model of other tasks.
        """
        model = load_model(path, device=device, precision=precision)
        trained = _cleaning_of(Path(path))
        links = trained.get("clean_links", True) if clean_links is None else clean_links
        types = trained.get("clean_types", True) if clean_types is None else clean_types
        return cls(model, links, types)

    @overload
    def predict(self, texts: str, advance: Advance = silent) -> str: ...
    @overload
    def predict(self, texts: Texts, advance: Advance = silent) -> list[str]: ...
    def predict(self, texts: str | Texts, advance: Advance = silent) -> str | list[str]:
        """The type of who wrote a text, such as `INTJ`; of several texts a list.

        Raises:
            InputError: no string, or nothing to read is left of one after cleaning.
        """
        probabilities = self._probabilities(_listed(texts), advance)
        found = [self.type_of(row) for row in probabilities]
        return found[0] if isinstance(texts, str) else found

    def predict_proba(self, texts: str | Texts, advance: Advance = silent) -> np.ndarray:
        """Probabilities of E, N, T and J: `[4]` of a text, `[N, 4]` of several.

        Raises:
            InputError: as `predict`.
        """
        found = self._probabilities(_listed(texts), advance)
        return found[0] if isinstance(texts, str) else found

    def type_of(self, probabilities: np.ndarray) -> str:
        """The four letters of probabilities `[4]` of E, N, T and J."""
        return letters(
            {
                axis: int(probability > self._tasks[axis].threshold)
                for axis, probability in zip(AXES, probabilities, strict=True)
            }
        )

    @overload
    def explain(
        self,
        texts: str,
        task: str = "ei",
        method: str = "integrated_gradients",
        *,
        target: TargetKind = "probability",
        params: dict[str, Any] | None = None,
        advance: Advance = silent,
    ) -> Explanation: ...
    @overload
    def explain(
        self,
        texts: Texts,
        task: str = "ei",
        method: str = "integrated_gradients",
        *,
        target: TargetKind = "probability",
        params: dict[str, Any] | None = None,
        advance: Advance = silent,
    ) -> Explanations: ...
    def explain(
        self,
        texts: str | Texts,
        task: str = "ei",
        method: str = "integrated_gradients",
        *,
        target: TargetKind = "probability",
        params: dict[str, Any] | None = None,
        advance: Advance = silent,
    ) -> Explanation | Explanations:
        """Which words speak for E (N, T, J: scores above 0), which against it.

        A text that is longer than the encoder reads is explained part by part; the scores are
        those of the mean of the parts' outputs.

        Args:
            texts: one or several.
            task: the axis: `ei`, `sn`, `tf` or `jp`.
            method: any attribution method.
            target: `probability` of the axis's positive letter, or its `logit`.
            params: settings of the method.
            advance: told of each part that is done.

        Raises:
            InputError: no such axis or method, or as `predict`.
        """
        if not isinstance(task, str) or task not in self._tasks:
            raise InputError(f'task "{task}": {nearest(str(task), self._tasks)}')
        asked = self._tasks[task]
        corpus, numbers = self.read(_listed(texts))
        wanted = Target(target, index=asked.columns[0])
        parts = run.explain(
            self.model, corpus.texts, method, target=wanted, params=params, advance=advance
        )
        found = [
            whole([parts[int(row)] for row in np.flatnonzero(numbers == number)], BETWEEN, asked)
            for number in range(int(numbers.max(initial=-1)) + 1)
        ]
        return found[0] if isinstance(texts, str) else Explanations(found)

    def read(self, texts: Texts) -> tuple[Corpus, np.ndarray]:
        """The texts as the encoder reads them: documents, and the number of each one's text.

        Raises:
            InputError: no string, or nothing to read is left of one after cleaning.
        """
        documents = [
            Document(f"{number}-{place}", post, group=str(number))
            for number, text in enumerate(texts)
            for place, post in enumerate(self._posts(text, number))
        ]
        if not documents:
            return Corpus("texts", (), {}), np.zeros(0, dtype=np.int64)
        corpus = joined(
            Corpus("texts", tuple(documents), {}), self._tokenizer, self.model.max_length
        )
        return corpus, np.array([int(str(document.group)) for document in corpus])

    def _posts(self, text: object, number: int) -> list[str]:
        if not isinstance(text, str):
            raise InputError(f"text {number}: a text must be a string, not {type(text).__name__}")
        cleaned = (clean(post, self.clean_links, self.clean_types) for post in posts_of(text))
        posts = [post for post in cleaned if post]
        if any(without_surrogates(post) != post for post in posts):
            raise InputError(f"text {number}: it holds characters that are not valid Unicode")
        if not posts:
            taken = "; links and names of types are taken out" if text.strip() else ""
            raise InputError(f"text {number}: there is nothing to read in it{taken}")
        return posts

    def _probabilities(self, texts: Texts, advance: Advance) -> np.ndarray:
        """`[N, 4]` in the order of the axes."""
        corpus, numbers = self.read(texts)
        columns = [self._tasks[axis].columns[0] for axis in AXES]
        found = np.zeros((len(texts), len(columns)))
        rows = run.predict(self.model, corpus.texts, advance=advance)[:, columns]
        np.add.at(found, numbers, rows)
        return found / np.maximum(np.bincount(numbers, minlength=len(texts)), 1)[:, None]


def _listed(texts: str | Texts) -> Texts:
    if isinstance(texts, str):
        return [texts]
    # Of a mapping the keys would be taken for texts, and sets have no order.
    if isinstance(texts, bytes | bytearray | Mapping | Set) or not isinstance(texts, Iterable):
        raise InputError(f"texts: give a string or a list of strings, not {type(texts).__name__}")
    return list(texts)


def _tasks(model: TransformerClassifier) -> dict[str, Task]:
    """The model's tasks by axis."""
    found = {task.name: task for task in model.tasks}
    fits = set(found) == set(AXES) and all(
        found[axis].kind == "binary" and found[axis].answers == pair for axis, pair in AXES.items()
    )
    if not fits:
        raise InputError(
            f"{model.name}: not a model of the axes {', '.join(AXES)}; give one that astrid mbti "
            "train made"
        )
    return found


def _cleaning_of(path: Path) -> dict[str, bool]:
    """What `astrid.json` says of cleaning in the model's training; nothing where it isn't there."""
    from astrid.models.saving import RECORD, read_record

    folder = path if path.is_dir() else path.parent
    if not (folder / RECORD).is_file():
        return {}
    params: Any = read_record(folder)
    for name in ("spec", "data", "params"):
        params = params.get(name) if isinstance(params, dict) else None
    if not isinstance(params, dict):
        return {}
    return {
        name: params[name]
        for name in ("clean_links", "clean_types")
        if isinstance(params.get(name), bool)
    }
