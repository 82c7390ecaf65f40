"""Training a teacher, its twin and its students on the same data, as one resumable job."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, field_validator

from astrid.errors import InputError
from astrid.models.encoders import EncoderSpec
from astrid.models.heads import HeadSpec
from astrid.spec import Spec
from astrid.text.load import DataSpec
from astrid.text.splits import Splits
from astrid.training.fit import fit
from astrid.training.spec import TrainerSpec, TrainSpec

TEACHER = "teacher"
TWIN = "twin"


class MemberSpec(Spec):
    """One model of a family.

    Attributes:
        encoder: with `init=teacher` and no teacher named, layers come from the family's own.
        head: the classifier head.
        trainer: instead of the family's.
    """

    encoder: EncoderSpec
    head: HeadSpec = HeadSpec()
    trainer: TrainerSpec | None = None


class FamilySpec(Spec):
    """A teacher and the students that may replace it.

    Attributes:
        data: what all models are trained on.
        seed: of the teacher and the students; the twin has the next one.
        twin: whether the teacher is trained a second time, for the ceiling of the similarity.
        teacher: the reference.
        students: at least one, by name.
        trainer: of all members that have none of their own.
    """

    data: DataSpec
    seed: int = Field(default=0, ge=0)
    twin: bool = True
    teacher: MemberSpec
    students: Mapping[str, MemberSpec] = Field(min_length=1)
    trainer: TrainerSpec = TrainerSpec()

    @field_validator("students")
    @classmethod
    def _names(cls, students: Mapping[str, MemberSpec]) -> Mapping[str, MemberSpec]:
        for name in students:
            if name in (TEACHER, TWIN) or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f'a student can\'t be called "{name}": letters, digits, - and _')
        return students


@dataclass(frozen=True)
class Family:
    """Folders of the trained models."""

    teacher: Path
    twin: Path | None
    students: Mapping[str, Path]


def train_family(spec: FamilySpec, splits: Splits, folder: Path, progress: bool = True) -> Family:
    """Train every model of `spec` into `folder`; models that are finished are not trained again.

    Raises:
        InputError: settings or texts that can't be used, or a folder that holds something else.
    """
    members = {TEACHER: (spec.teacher, spec.seed)}
    if spec.twin:
        members[TWIN] = (spec.teacher, spec.seed + 1)
    members |= {name: (member, spec.seed) for name, member in spec.students.items()}
    for name, (member, seed) in members.items():
        training = _training(spec, member, seed, folder)
        try:
            fit(training, splits.train, splits.validation, folder / name, progress)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    return Family(
        folder / TEACHER,
        folder / TWIN if spec.twin else None,
        {name: folder / name for name in spec.students},
    )


def _training(spec: FamilySpec, member: MemberSpec, seed: int, folder: Path) -> TrainSpec:
    encoder = member.encoder
    if encoder.init == "teacher" and encoder.teacher is None:
        encoder = encoder.model_copy(update={"teacher": str(folder / TEACHER)})
    return TrainSpec(
        data=spec.data.model_dump(mode="json"),
        encoder=encoder,
        head=member.head,
        trainer=member.trainer or spec.trainer,
        seed=seed,
    )
