"""Explaining what a language model writes: every generated token, with scores of its own."""

from dataclasses import replace
from typing import Any

from astrid.explain.engine import TOKEN_BUDGET, Engine, Job
from astrid.explain.records import Explanation, Explanations, TargetKind
from astrid.explain.run import bound_method, finished
from astrid.explain.targets import Target
from astrid.models.causal.generate import continuation
from astrid.models.causal.model import CausalModel
from astrid.progress import Advance, silent


def explain_generation(
    model: CausalModel,
    text: str,
    method: str = "integrated_gradients",
    *,
    max_new_tokens: int = 20,
    target_kind: TargetKind = "probability",
    params: dict[str, Any] | None = None,
    token_budget: int = TOKEN_BUDGET,
    advance: Advance = silent,
) -> Explanations:
    """Explain each token of the greedy continuation of `text`, in order.

    An explanation's text is what stood before the token: the text, what the prompt puts behind
    it, and what was generated until then. The text and what was generated are scored; the
    prompt's words are none of the explanation's. Its target's label is the token.

    Args:
        model: what `astrid.load_language_model` returns; its labels are not looked at.
        text: what the model goes on from, within the model's prompt.
        method: a name from `astrid methods`.
        max_new_tokens: most tokens to generate; the model's end token ends earlier.
        target_kind: `probability` of the token, its `logit`, or as `logit_difference` its log
            odds against all other tokens.
        params: the method's settings.
        token_budget: tokens in one batch; bounds the memory.
        advance: told of each finished token.

    Raises:
        InputError: an unknown method or setting, or a text that leaves no room to generate.
    """
    asked = model.asking()
    run = bound_method(asked, method, params or {})
    texts = continuation(asked, text, max_new_tokens)
    jobs = [Job(before, method, run, Target(target_kind, 0)) for before in texts]
    found: dict[int, Explanation] = {}
    for number, outcome in Engine(asked, token_budget).run(jobs):
        explained = finished(texts[number], method, outcome, asked)
        found[number] = _without_prompt(explained, len(text), model.prompt.after)
        advance()
    return Explanations([found[number] for number in range(len(texts))])


def _without_prompt(item: Explanation, start: int, prompt: str) -> Explanation:
    """The explanation without the words that lie in the prompt, which is at `start`."""
    end = start + len(prompt)
    kept = [word for word, (a, b) in enumerate(item.offsets) if a < start or b > end]
    return replace(
        item,
        words=tuple(item.words[word] for word in kept),
        word_scores=item.word_scores[kept],
        offsets=tuple(item.offsets[word] for word in kept),
    )
