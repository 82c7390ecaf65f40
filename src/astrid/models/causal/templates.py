"""How a language model is asked for a label: an instruction, examples, and the text's place."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from jinja2 import TemplateError

from astrid.errors import InputError
from astrid.models.causal.prompt import Prompt
from astrid.models.causal.verbaliser import Verbaliser, find_words
from astrid.spec import Spec

CHOICES = "{choices}"

_PLACE = "\ue000text\ue000"
"""Stands for the text while a chat is rendered; no template changes it."""

_FIXED = {"date_string": "26 Jul 2024", "enable_thinking": False}
"""What some templates take besides messages: Llama's would write today's date, so that answers
changed from day to day, and Qwen's would have the model think first."""

_TEMPLATES_FAIL = (
    TemplateError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
)
"""What a chat template, which is a small program, may raise."""


class Example(NamedTuple):
    """A text with its right label, shown to the model before the question."""

    text: str
    label: str


class Template(Spec):
    """The wording of the question.

    Attributes:
        instruction: what to do; `{choices}` stands for the words to choose from.
        text_name: what is written before each text.
        answer_name: what is written before each answer of a plain prompt.
        style: `plain` is one piece of text, for models that only continue; `chat` is turns of a
            user and an assistant, as the tokenizer's own chat template writes them.
        letters: answer with A, B, C … in place of the labels.
    """

    instruction: str = "Classify the text as {choices}."
    text_name: str = "Text"
    answer_name: str = "Label"
    style: Literal["plain", "chat"] = "plain"
    letters: bool = False


class Asked(NamedTuple):
    """A template made ready for one tokenizer and one set of labels."""

    prompt: Prompt
    verbaliser: Verbaliser


def ask_for(
    labels: Sequence[str],
    tokenizer: Any,
    template: Template | None = None,
    examples: Sequence[Example] = (),
) -> Asked:
    """The prompt that asks for one of the `labels`, and the words to answer with.

    The text always is one stretch of the prompt, which alone is perturbed. A plain prompt is:

        Classify the text as bad or good.

        Text: what a mess
        Label: bad

        Text: {text}
        Label:

    Args:
        labels: two names or more.
        tokenizer: the transformers tokenizer of the model.
        template: the wording; by default `Template()`.
        examples: texts with labels, shown in this order.

    Raises:
        InputError: labels that can't be told apart (see `find_words`), an example with another
            label, or a tokenizer without a chat template that takes these turns.
    """
    template = template or Template()
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise InputError("the tokenizer: needs to be a fast one (a tokenizer.json file)")
    unknown = [example.label for example in examples if example.label not in labels]
    if unknown:
        raise InputError(f'examples: "{unknown[0]}" is none of the labels {", ".join(labels)}')
    render = _plain if template.style == "plain" else _Chat(tokenizer)
    end = render(template, template.instruction, []).after
    words = find_words(labels, tokenizer.backend_tokenizer, end, letters=template.letters)
    shown = [(example.text, words.texts[example.label]) for example in examples]
    instruction = template.instruction.replace(CHOICES, _choices(words, template.letters))
    return Asked(render(template, instruction, shown), words)


def _choices(words: Verbaliser, letters: bool) -> str:
    """The words as they are to be answered; of letters, what each stands for."""
    shown = [
        f"{word.strip()} ({label})" if letters else word.strip()
        for label, word in words.texts.items()
    ]
    return " or ".join([", ".join(shown[:-1]), shown[-1]])


def _plain(template: Template, instruction: str, shown: Sequence[tuple[str, str]]) -> Prompt:
    before, after = f"{template.text_name}: ", f"\n{template.answer_name}:"
    parts = [instruction] if instruction else []
    parts += [f"{before}{text}{after}{word}" for text, word in shown]
    return Prompt("\n\n".join([*parts, before]), after)


class _Chat:
    """Renders turns by a tokenizer's own chat template."""

    def __init__(self, tokenizer: Any) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise InputError(
                'the tokenizer has no chat template; ask with the style "plain", or give an '
                "instruction-tuned model"
            )
        self._tokenizer = tokenizer

    def __call__(
        self, template: Template, instruction: str, shown: Sequence[tuple[str, str]]
    ) -> Prompt:
        texts = [*(text for text, _ in shown), _PLACE]
        asked = [f"{template.text_name}: {text}" for text in texts]
        if instruction:
            # Some templates refuse turns of a system.
            asked[0] = f"{instruction}\n\n{asked[0]}"
        turns = [{"role": "user", "content": asked[0]}]
        for (_, word), question in zip(shown, asked[1:], strict=True):
            turns.append({"role": "assistant", "content": word.strip()})
            turns.append({"role": "user", "content": question})
        before, place, after = self._rendered(turns).partition(_PLACE)
        if not place or _PLACE in after:
            raise InputError("the tokenizer's chat template doesn't write the text once; ask plain")
        return Prompt(before, after)

    def _rendered(self, turns: list[dict[str, str]]) -> str:
        try:
            written = self._tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, **_FIXED
            )
        except _TEMPLATES_FAIL as error:
            lines = str(error).splitlines() or [type(error).__name__]
            raise InputError(
                f"the tokenizer's chat template fails ({lines[0][:100]}); ask with the style "
                '"plain"'
            ) from None
        return str(written).removeprefix(self._added_beginning())

    def _added_beginning(self) -> str:
        """The token that the tokenizer begins every text with; templates write it too."""
        begin = self._tokenizer.bos_token
        ids = self._tokenizer.backend_tokenizer.encode("").ids
        return begin if begin and ids[:1] == [self._tokenizer.bos_token_id] else ""
