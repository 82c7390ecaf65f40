"""What a study is: encoders × heads × methods × seeds, and how they are trained and explained."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from astrid import plugins
from astrid.config import CONF, compose, compose_file
from astrid.errors import InputError
from astrid.explain.records import TargetKind
from astrid.models.compression import UNCOMPRESSED, parse_compression
from astrid.models.encoders import EncoderSpec, preset_names
from astrid.models.heads import HeadSpec
from astrid.spec import Spec, checked, nearest
from astrid.text.load import DataSpec
from astrid.training.spec import TrainerSpec

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CHOICE = re.compile(r"(encoders|heads|methods)=\[([^\[\]{}]*)\]")
"""An override that chooses from the dimensions of the grid, such as `heads=[linear,mlp]`."""

_BETWEEN = "--"
"""Stands between the parts of a cell's name, so it can't be in one of them."""


Seed = Annotated[int, Field(ge=0, lt=2**32 - 1)]
"""Of a model; one more, which the twin has, is a seed too."""


class Rung(Spec):
    """One encoder of the ladder.

    Attributes:
        encoder: what is built; without a preset, the rung's own name is one where there is such a
            preset. `init=teacher` without a teacher copies layers of the study's reference.
        trainer: instead of the study's.
    """

    encoder: EncoderSpec = EncoderSpec()
    trainer: TrainerSpec | None = None


class Explaining(Spec):
    """How models are explained.

    Attributes:
        split: whose documents models are evaluated on, and explained: validation or test.
        texts: how many documents are explained, drawn with `seed`; all of them count for accuracy.
        seed: of the draw.
        kind: of output that is explained, for the class that the reference predicts.
        faithfulness: whether each explanation's comprehensiveness is measured.
    """

    split: str = Field(default="validation", pattern="^(validation|test)$")
    texts: int = Field(default=50, ge=1)
    seed: int = Field(default=0, ge=0)
    kind: TargetKind = "probability"
    faithfulness: bool = True


class StudySpec(Spec):
    """A study.

    Attributes:
        name: shown in the report.
        data: the corpus, and how it is divided.
        encoders: by name, the teacher first.
        heads: by name; a head's kind is its name unless it says otherwise.
        methods: by name, with their settings.
        seeds: of the models; the reference has the first.
        compressions: none, and what else is done to every model.
        reference: head and method of the cell that all others are compared with; its encoder is
            the teacher, its seed the first, and it is not compressed.
        students: further encoders that are compared with the teacher, with the reference's head
            and method, without being part of the grid.
        twin: whether the reference's model is trained once more, with another seed, for the
            ceiling of the similarity.
        trainer: of all models whose rung has none of its own.
        recover: how models are trained on after weights, heads or layers were taken out of them;
            None: they aren't.
        explaining: how the models are explained.
    """

    name: str = "study"
    data: DataSpec
    encoders: Mapping[str, Rung] = Field(min_length=1)
    heads: Mapping[str, HeadSpec] = Field(min_length=1)
    methods: Mapping[str, Mapping[str, Any]] = Field(min_length=1)
    seeds: tuple[Seed, ...] = Field(default=(0,), min_length=1)
    compressions: tuple[str, ...] = Field(default=(UNCOMPRESSED,), min_length=1)
    reference: "Reference" = Field(default_factory=lambda: Reference())
    students: Mapping[str, Rung] = Field(default_factory=dict)
    twin: bool = True
    trainer: TrainerSpec = TrainerSpec()
    recover: TrainerSpec | None = None
    explaining: Explaining = Explaining()

    @field_validator("encoders", "students", mode="before")
    @classmethod
    def _presets(cls, rungs: Any) -> Any:
        return {name: _with_preset(name, rung) for name, rung in _by_name(rungs or {}).items()}

    @field_validator("heads", mode="before")
    @classmethod
    def _kinds(cls, heads: Any) -> Any:
        return {
            name: head if isinstance(head, HeadSpec) else {"name": name, **head}
            for name, head in _by_name(_listed(heads)).items()
        }

    @field_validator("methods", mode="before")
    @classmethod
    def _settings(cls, methods: Any) -> Any:
        return _by_name(_listed(methods))

    @model_validator(mode="after")
    def _known(self) -> "StudySpec":
        for kind, names in (
            ("encoder", [*self.encoders, *self.students]),
            ("head", list(self.heads)),
            ("compression", list(self.compressions)),
        ):
            _check_names(kind, names)
        known = plugins.names("astrid.explain.methods")
        for name in self.methods:
            if name not in known:
                raise ValueError(f'no method is called "{name}"; {nearest(name, known)}')
        kinds = plugins.names("astrid.models.heads")
        for head in self.heads.values():
            if head.name not in kinds:
                raise ValueError(f'no head is called "{head.name}"; {nearest(head.name, kinds)}')
        if "twin" in (*self.encoders, *self.students):
            raise ValueError('an encoder can\'t be called "twin": the teacher trained again is')
        self._check_reference()
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: one is there twice")
        return self

    def _check_reference(self) -> None:
        if self.reference.head not in self.heads:
            raise ValueError(f'reference.head: "{self.reference.head}" is not among the heads')
        if self.reference.method not in self.methods:
            raise ValueError(
                f'reference.method: "{self.reference.method}" is not among the methods'
            )
        if UNCOMPRESSED not in self.compressions:
            raise ValueError("compressions: none has to be among them: all are compared with it")
        for name in self.compressions:
            try:
                parse_compression(name)
            except InputError as error:
                raise ValueError(str(error)) from None

    @property
    def teacher(self) -> str:
        """The reference's encoder."""
        return next(iter(self.encoders))

    @property
    def compresses(self) -> bool:
        """Whether there is a fourth dimension."""
        return tuple(self.compressions) != (UNCOMPRESSED,)


class Reference(Spec):
    """Which head and which method the reference cell has."""

    head: str = "linear"
    method: str = "integrated_gradients"


def load_study(source: str, overrides: Sequence[str] = ()) -> StudySpec:
    """The study called `source` in `conf/study/`, or the one in the YAML file `source`.

    Args:
        source: a name, or a path that ends in .yaml or .yml. A file may use the groups that come
            with Astrid, for example `defaults: [/data: tweets, _self_]`.
        overrides: settings instead, such as `seeds=[0,1]`, `trainer.epochs=2`, or a choice of the
            file's own: `heads=[linear,mlp]`.

    Raises:
        InputError: no such study, or settings that can't be used.
    """
    chosen = {found[1]: found[2] for one in overrides if (found := _CHOICE.fullmatch(one))}
    others = [one for one in overrides if not _CHOICE.fullmatch(one)]
    if source.endswith((".yaml", ".yml")):
        path, values = Path(source), compose_file(Path(source), others)
        values = {"name": path.stem, **values}
    else:
        known = sorted(path.stem for path in (CONF / "study").glob("*.yaml"))
        if source not in known:
            raise InputError(
                f'study "{source}": neither a file (something.yaml) nor a study that comes with '
                f"Astrid; {nearest(source, known)}"
            )
        values = {"name": source, **compose(f"study/{source}", others)}
    for setting, names in chosen.items():
        values[setting] = _chosen(values.get(setting), names)
    return checked(StudySpec, values, source)


def _chosen(before: Any, names: str) -> dict[str, Any]:
    """What is called so in the file, with its settings there; others with their own defaults."""
    known = before if isinstance(before, dict) else {}
    listed = [name.strip() for name in names.split(",") if name.strip()]
    return {name: known.get(name) for name in listed}


def _with_preset(name: str, rung: Any) -> Any:
    """The rung with the preset of its own name, where it names none."""
    if isinstance(rung, Rung):
        return rung
    encoder = rung.get("encoder")
    if encoder is None:
        encoder = {}
    if not isinstance(encoder, Mapping):  # a spec, or what pydantic refuses
        return rung
    if encoder.get("preset") is None and name in preset_names():
        encoder = {**encoder, "preset": name}
    return {**rung, "encoder": encoder}


def _listed(values: Any) -> Any:
    """A list of names as names without settings."""
    if not isinstance(values, list | tuple):
        return values
    if not all(isinstance(name, str) for name in values):
        raise ValueError("give a list of names, such as [linear], or settings by name")
    return dict.fromkeys(values)


def _by_name(values: Any) -> dict[str, Any]:
    """Settings by name; a name that stands alone has none."""
    if not isinstance(values, Mapping):
        raise ValueError("give settings by name, such as {linear: {}}")
    for name, settings in values.items():
        if not isinstance(name, str):
            raise ValueError(f"{name!r} is no name; put it in quotes if it is meant as one")
        if not isinstance(settings, Mapping | Spec | None):
            raise ValueError(f"{name}: give its settings by name, or {{}} for none")
    return {name: {} if settings is None else settings for name, settings in values.items()}


def _check_names(kind: str, names: Sequence[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name) or _BETWEEN in name or len(name) > 60:
            raise ValueError(
                f'{kind} "{name}": use up to 60 letters, digits, dots, underscores and single '
                "hyphens: folders are named after it"
            )
        if sum(name.lower() == other.lower() for other in names) > 1:
            raise ValueError(f'{kind} "{name}": there are two; give each a name of its own')
