"""Layer-wise relevance propagation through transformers, as one modified backward pass.

Nothing is patched: the rules live in a second tree of modules over the same weights, which nobody
else holds. So other models, other methods and other threads never see them, whatever happens.

Layer-wise relevance propagation may be covered by patents: check before commercial use.
"""

from threading import Lock
from typing import Any

from astrid.models import attention as plain_attention
from astrid.models.lrp import attention, parts
from astrid.models.private import sharing_copy

_building = Lock()


class Propagation:
    """The tree of a classifier that follows the rules, made when it is first asked for.

    Args:
        module: a classifier in evaluation mode whose weights need no gradient; never changed.
    """

    def __init__(self, module: Any) -> None:
        self._module = module
        self._following: Any = None
        # Asked once, before anything ran: what was hooked in by then is part of the model.
        reachable = module.config._attn_implementation == plain_attention.NAME
        self.covers = reachable and parts.covered(module)
        """Whether all parts of the model have rules."""

    def module(self) -> Any:
        """Same inputs, weights and outputs; input times gradient is relevance."""
        with _building:
            if self._following is None:
                self._following = following(self._module)
            return self._following


def following(module: Any) -> Any:
    """A copy of `module` that shares all weights and follows the rules."""
    own = sharing_copy(module)
    places = [
        (parent, name, part)
        for parent in own.modules()
        for name, part in parent._modules.items()
        if part is not None
    ]
    for parent, name, part in places:
        rule = parts.rule_of(part)
        if rule is not None:
            setattr(parent, name, rule(part))
    own.set_attn_implementation(attention.NAME)
    return own
