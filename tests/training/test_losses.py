"""The loss: equal to torch's and to its definition, and each task's part is its own."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from astrid.models.outputs import Task, classes
from astrid.text.document import Corpus, Document
from astrid.training.inputs import weights_of
from astrid.training.losses import Loss, binary_losses, class_losses
from astrid.training.spec import TaskSpec, TrainerSpec

TASKS = (
    Task("a", "binary", (0,), answers=("no", "yes")),
    Task("b", "classes", (1, 2, 3), answers=("x", "y", "z")),
    Task("c", "binary", (4,), answers=("no", "yes")),
)


def drawn(rows: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    logits = 3 * torch.randn(rows, 5, generator=generator)
    labels = torch.stack(
        [torch.randint(high, (rows,), generator=generator) for high in (2, 3, 2)], dim=1
    )
    return logits, labels


@pytest.mark.parametrize("weight", [None, 0.3, 4.0])
def test_without_gamma_the_binary_loss_is_torchs(weight: float | None) -> None:
    logits, labels = drawn()
    pos = None if weight is None else torch.tensor(weight)
    losses, counts = binary_losses(logits[:, 0], labels[:, 0], pos)
    expected = binary_cross_entropy_with_logits(logits[:, 0], labels[:, 0].float(), pos_weight=pos)
    torch.testing.assert_close(losses.sum() / counts.sum(), expected)


def test_gamma_zero_of_the_focal_loss_is_cross_entropy_to_the_gradient() -> None:
    logits, labels = drawn()
    weights = [torch.tensor(2.5), torch.tensor([1.0, 2.0, 0.5]), None]
    gradients = []
    for gamma in (0.0, 1e-9):
        own = logits.clone().requires_grad_()
        Loss(TASKS, weights, gamma)(own, labels).backward()
        gradients.append(own.grad)
    torch.testing.assert_close(gradients[0], gradients[1])
    plain = torch.stack(
        [
            binary_cross_entropy_with_logits(
                logits[:, 0], labels[:, 0].float(), pos_weight=weights[0]
            ),
            cross_entropy(logits[:, 1:4], labels[:, 1], weight=weights[1]),
            binary_cross_entropy_with_logits(logits[:, 4], labels[:, 2].float()),
        ]
    ).mean()
    torch.testing.assert_close(Loss(TASKS, weights, 0.0)(logits, labels), plain)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_focal_loss_is_its_definition(gamma: float) -> None:
    logits, labels = drawn()
    p = logits[:, 0].double().sigmoid()
    p_right = torch.where(labels[:, 0] == 1, p, 1 - p)
    expected = -((1 - p_right) ** gamma) * p_right.log()
    found, _ = binary_losses(logits[:, 0].double(), labels[:, 0], None, gamma)
    torch.testing.assert_close(found, expected)
    q = logits[:, 1:4].double().softmax(-1).gather(1, labels[:, 1:2])[:, 0]
    found, _ = class_losses(logits[:, 1:4].double(), labels[:, 1], None, gamma)
    torch.testing.assert_close(found, -((1 - q) ** gamma) * q.log(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_sure_answers_have_finite_gradients(gamma: float) -> None:
    logits = torch.tensor([[90.0, 200.0, -200.0, 0.0, -90.0]]).repeat(2, 1).requires_grad_()
    labels = torch.tensor([[1, 0, 0], [0, 1, 1]])
    loss = Loss(TASKS, [None, None, None], gamma)(logits, labels)
    loss.backward()
    assert logits.grad is not None
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_one_tasks_gradient_knows_nothing_of_the_others_labels() -> None:
    logits, labels = drawn()
    others = labels.clone()
    others[:, 1] = (labels[:, 1] + 1) % 3
    others[:6, 2] = -1
    gradients = []
    for given in (labels, others):
        own = logits.clone().requires_grad_()
        Loss(TASKS, [torch.tensor(2.0), None, None], 2.0)(own, given).backward()
        assert own.grad is not None
        gradients.append(own.grad)
    assert torch.equal(gradients[0][:, 0], gradients[1][:, 0])
    assert not torch.equal(gradients[0][:, 1:], gradients[1][:, 1:])


def test_texts_without_a_label_count_for_nothing() -> None:
    logits, labels = drawn()
    labels[3:, 0] = -1
    loss = Loss(TASKS[:1], [None])
    torch.testing.assert_close(loss(logits, labels[:, :1]), loss(logits[:3], labels[:3, :1]))
    labels[:, 0] = -1
    assert loss(logits, labels[:, :1]) == 0


def test_a_single_task_takes_plain_labels() -> None:
    logits, labels = drawn()
    loss = Loss((classes(3),), [None])
    torch.testing.assert_close(
        loss(logits[:, :3], labels[:, 1]), cross_entropy(logits[:, :3], labels[:, 1])
    )


def skewed() -> Corpus:
    names = {"a": ("no", "yes"), "b": ("x", "y", "z"), "c": ("no", "yes")}
    rows = [{"a": int(n < 3), "b": min(n, 2), "c": n % 2} for n in range(20)]
    del rows[0]["c"]
    documents = tuple(Document(str(n), f"text {n}", row) for n, row in enumerate(rows))
    return Corpus("skewed", documents, names)


def test_balanced_weights_are_scikit_learns() -> None:
    corpus = skewed()
    found = weights_of(TrainerSpec(class_weights="balanced"), {}, corpus)
    for place, task in enumerate(corpus.label_names):
        labels = np.array([d.labels[task] for d in corpus if task in d.labels])
        expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
        weight = found[place]
        assert weight is not None
        if len(expected) == 2:
            # Binary losses weigh the second class alone, against 1 for the first.
            assert weight.item() == pytest.approx(expected[1] / expected[0])
            assert weight.item() == pytest.approx((labels == 0).sum() / (labels == 1).sum())
        else:
            assert weight.tolist() == pytest.approx(expected.tolist())


def test_a_tasks_own_weight_comes_before_the_trainers() -> None:
    tasks = {"a": TaskSpec(pos_weight=7.0), "b": TaskSpec(class_weights="none")}
    tasks["c"] = TaskSpec(pos_weight="none")
    found = weights_of(TrainerSpec(class_weights="balanced"), tasks, skewed())
    assert found[0] == torch.tensor(7.0)
    assert found[1:] == [None, None]
