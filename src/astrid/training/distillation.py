r"""Learning from a teacher's answers as well as from the labels.

$$\mathcal L = \alpha T^2 \, \mathrm{KL}\!\left(p_T^{(T)} \,\|\, p_S^{(T)}\right)
+ (1 - \alpha) \, \mathrm{CE}(y, p_S) + \lambda_h \mathcal L_h + \lambda_a \mathcal L_a$$

p^{(T)} is the softmax of logits divided by the temperature T (Hinton, Vinyals & Dean, 2015,
arXiv:1503.02531). The two other terms are options: ℒ_h is the mean squared difference of hidden
states (Jiao et al., "TinyBERT", 2020, arXiv:1909.10351), ℒ_a one minus the cosine between the two
models' gradient × input over the tokens of a text (in the manner of Wu et al., "AD-KD", ACL 2023).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from astrid.errors import InputError
from astrid.models.calls import Calls
from astrid.models.loading import load_classifier, load_config
from astrid.models.outputs import labels_of, require_classes, tasks_of
from astrid.models.quantised import has_gradients
from astrid.models.text_model import TransformerClassifier
from astrid.training.answers import logits_of
from astrid.training.data import TextBatch, TokenisedTexts
from astrid.training.module import CrossEntropy, Teaching
from astrid.training.spec import DistilSpec


@dataclass(frozen=True)
class Seen:
    """What one pass over B texts of T tokens showed.

    Attributes:
        logits: `[B, K]`.
        hidden: `[B, T, D]` of the embeddings and each layer, where asked for; else empty.
        attributions: `[B, T]`, 0 on padding, where asked for; else None.
    """

    logits: torch.Tensor
    hidden: tuple[torch.Tensor, ...]
    attributions: torch.Tensor | None


class Distillation(Teaching):
    """The loss of a student: its state is what is learnt for training alone and then dropped.

    Args:
        spec: what is learnt.
        teacher: its model; outside the module's state, so that no checkpoint holds it.
        logits: `[N, K]` the teacher's answers to the training texts.
        projection: from the student's hidden size to the teacher's, where they differ.
    """

    def __init__(
        self,
        spec: DistilSpec,
        teacher: TransformerClassifier,
        logits: torch.Tensor,
        projection: nn.Linear | None = None,
    ) -> None:
        super().__init__()
        self.spec = spec
        self.projection = projection
        self._outside = (teacher.module, Calls(teacher.module).segments)
        self.register_buffer("_logits", logits, persistent=False)

    def loss(self, student: Any, batch: TextBatch, cross_entropy: CrossEntropy) -> torch.Tensor:
        """The loss of `student` in training mode for a batch of the training texts."""
        spec = self.spec
        seen = look(student, batch, spec, segments=True, learning=True)
        loss = (1 - spec.alpha) * cross_entropy(seen.logits, batch.labels)
        if spec.alpha:
            answers: Any = self._logits
            loss = loss + spec.alpha * soft_loss(seen.logits, answers[batch.rows], spec.temperature)
        if not spec.within:
            return loss
        module, segments = self._outside
        module.to(batch.ids.device)
        with torch.autocast(batch.ids.device.type, enabled=False):
            shown = look(module, batch, spec, segments=segments, learning=False)
        if spec.hidden:
            loss = loss + spec.hidden * self._hidden_loss(seen.hidden, shown.hidden, batch.mask)
        if seen.attributions is not None and shown.attributions is not None:
            loss = loss + spec.attributions * attribution_loss(
                seen.attributions, shown.attributions
            )
        return loss

    def _hidden_loss(
        self,
        student: tuple[torch.Tensor, ...],
        teacher: tuple[torch.Tensor, ...],
        mask_BT: torch.Tensor,
    ) -> torch.Tensor:
        if self.projection is not None:
            student = tuple(self.projection(states) for states in student)
        return hidden_loss(student, teacher, mask_BT)


def soft_loss(
    student_BK: torch.Tensor, teacher_BK: torch.Tensor, temperature: float
) -> torch.Tensor:
    """T² · KL(teacher ‖ student), both softened by the temperature T; mean over texts, nats."""
    divergence = nn.functional.kl_div(
        (student_BK.float() / temperature).log_softmax(-1),
        (teacher_BK.float() / temperature).log_softmax(-1),
        reduction="batchmean",
        log_target=True,
    )
    return temperature**2 * divergence


def hidden_loss(
    student: tuple[torch.Tensor, ...], teacher: tuple[torch.Tensor, ...], mask_BT: torch.Tensor
) -> torch.Tensor:
    """Mean squared difference over layers, real tokens and dimensions.

    State i of the student's 0..S (0 are the embeddings) is held against ⌊i · L / S + ½⌋ of the
    teacher's 0..L.
    """
    steps, layers = len(student) - 1, len(teacher) - 1
    real = mask_BT.bool()
    total = torch.zeros((), device=mask_BT.device)
    for place, states in enumerate(student):
        other = teacher[(2 * place * layers + steps) // (2 * steps)]
        total = total + nn.functional.mse_loss(states[real].float(), other[real].float())
    return total / len(student)


def attribution_loss(student_BT: torch.Tensor, teacher_BT: torch.Tensor) -> torch.Tensor:
    """Mean over texts of 1 − cosine, from 0 (alike up to a factor) to 2 (opposite)."""
    cosine = nn.functional.cosine_similarity(student_BT.float(), teacher_BT.float(), dim=1)
    return (1 - cosine).mean()


def look(
    module: Any, batch: TextBatch, spec: DistilSpec, *, segments: bool, learning: bool
) -> Seen:
    """One pass of a model, with what `spec` needs of it.

    Args:
        module: a classifier.
        batch: what it reads.
        spec: what is to be seen.
        segments: whether it is told of segments.
        learning: whether the loss is to reach its weights.
    """
    inputs: dict[str, Any] = {"attention_mask": batch.mask}
    if segments:
        inputs["token_type_ids"] = batch.type_ids
    if spec.hidden:
        inputs["output_hidden_states"] = True
    if not spec.attributions:
        with torch.set_grad_enabled(learning):
            output = module(input_ids=batch.ids, **inputs)
        return Seen(output.logits, tuple(output.hidden_states or ()), None)
    embeds = module.get_input_embeddings()(batch.ids)
    if not learning:
        embeds = embeds.detach().requires_grad_()
    # Of torch's attention kernels, only the plain one has second derivatives.
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        output = module(inputs_embeds=embeds, **inputs)
        chosen = output.logits.gather(1, batch.labels[:, None]).sum()
        (slope_BTD,) = torch.autograd.grad(chosen, embeds, create_graph=learning)
    attributions_BT = (slope_BTD * embeds).sum(-1) * batch.mask
    hidden = tuple(output.hidden_states or ())
    if not learning:
        attributions_BT, hidden = attributions_BT.detach(), tuple(h.detach() for h in hidden)
    return Seen(output.logits, hidden, attributions_BT)


def check_teacher(spec: DistilSpec, classes: tuple[str, ...]) -> None:
    """Refuse a teacher that answers another question.

    Raises:
        InputError: it can't be read, has other classes, or the same in another order.
    """
    config = load_config(spec.teacher)
    labels = labels_of(config, spec.teacher)
    require_classes(spec.teacher, tasks_of(config, labels))
    if labels != tuple(classes):
        raise InputError(
            f"distil.teacher: {spec.teacher} knows the classes {', '.join(labels)} and the data "
            f"{', '.join(classes)}; train the teacher on the same classes in the same order"
        )


def build_distillation(
    spec: DistilSpec,
    student: Any,
    learning: TokenisedTexts,
    tokenizer: Any,
    texts: list[str],
    device: str = "cpu",
) -> Distillation:
    """What a student learns from the teacher of `spec`; the caller's randomness is left alone.

    Args:
        spec: teacher and weights.
        student: its model.
        learning: the training texts as the student reads them.
        tokenizer: the student's.
        texts: the same texts, which the teacher reads with its own tokenizer.
        device: where the teacher answers; int8 teachers do so on the CPU.

    Raises:
        InputError: a teacher that can't be read, or whose inside can't be compared with the
            student's.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        loaded = load_classifier(spec.teacher)
        place = device if has_gradients(loaded.model) else "cpu"
        teacher = TransformerClassifier(loaded.model, loaded.tokenizer, spec.teacher, place)
        projection = None
        if spec.within:
            _check_inside(spec, teacher, loaded.tokenizer, learning, tokenizer, texts)
            sizes = [_hidden_size(model) for model in (student, teacher.module)]
            if spec.hidden and sizes[0] != sizes[1]:
                projection = nn.Linear(sizes[0], sizes[1], bias=False)
        logits = logits_of(teacher, loaded.tokenizer, texts)
    return Distillation(spec, teacher, logits, projection)


def _check_inside(
    spec: DistilSpec,
    teacher: TransformerClassifier,
    other: Any,
    learning: TokenisedTexts,
    tokenizer: Any,
    texts: list[str],
) -> None:
    """Refuse hidden states and attributions of tokens that are not the same."""
    if "gradients" not in teacher.answers:
        raise InputError(
            f"distil: {spec.teacher} gives no gradients, so that only its answers can be learnt; "
            "set hidden=0 and attributions=0, or use a teacher of floating-point weights"
        )
    longest = int(learning.lengths.max())
    if teacher.max_length < longest:
        raise InputError(
            f"distil.teacher: it reads {teacher.max_length} tokens and the student {longest}; "
            f"set encoder.max_length={teacher.max_length}"
        )
    theirs = TokenisedTexts(texts, learning.labels, other, longest)
    alike = tokenizer.get_vocab() == other.get_vocab() and all(
        np.array_equal(ours, others) for ours, others in zip(learning.ids, theirs.ids, strict=True)
    )
    if not alike:
        raise InputError(
            "distil: hidden states and attributions can only be matched token by token, and the "
            f"teacher has another tokenizer; set encoder.tokenizer={spec.teacher}, or hidden=0 and "
            "attributions=0"
        )


def _hidden_size(model: Any) -> int:
    return int(model.base_model.config.hidden_size)
