"""Prompts: plain ones by hand, chats against the tokenizer's own template."""

import pytest
from tokenizers import Tokenizer, processors
from transformers import PreTrainedTokenizerFast

from astrid.errors import InputError
from astrid.models.causal.model import CausalModel
from astrid.models.causal.templates import Example, Template, ask_for
from tests import tiny_lm

LABELS = ["good", "refused"]
EXAMPLES = [Example("it rains", "refused"), Example("{odd} day", "good")]
TURNS = (
    "{{ bos_token }}{% for message in messages %}<{{ message.role }}>"
    "{{ message.content | trim }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>\n{% endif %}"
)


def chatty(template=TURNS):
    """A tokenizer that begins each text with `<s>`, as its template does too."""
    backend = Tokenizer.from_str(tiny_lm.bytes_and_back().backend_tokenizer.to_str())
    backend.post_processor = processors.TemplateProcessing("<s> $A", None, [("<s>", 0)])
    backend.add_special_tokens(["<s>"])
    begin = backend.token_to_id("<s>")
    backend.post_processor = processors.TemplateProcessing("<s> $A", None, [("<s>", begin)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    tokenizer.chat_template = template
    return tokenizer


def test_a_plain_prompt_reads_as_it_is_documented():
    asked = ask_for(LABELS, tiny_lm.bytes_and_back())
    assert asked.prompt.around("day") == (
        "Classify the text as good or refused.\n\nText: day\nLabel:"
    )
    assert asked.verbaliser.texts == {"good": " good", "refused": " refused"}


def test_examples_end_with_the_word_that_would_be_answered():
    wording = Template(instruction="", text_name="Case", answer_name="It was")
    asked = ask_for(LABELS, tiny_lm.bytes_and_back(), wording, EXAMPLES)
    assert asked.prompt.before == (
        "Case: it rains\nIt was: refused\n\nCase: {odd} day\nIt was: good\n\nCase: "
    )
    assert asked.prompt.after == "\nIt was:"


def test_letters_are_explained_in_the_instruction():
    asked = ask_for(LABELS, tiny_lm.bytes_and_back(), Template(letters=True), EXAMPLES)
    assert "as A (good) or B (refused)." in asked.prompt.before
    # The tiny vocabulary has no letter with a space before it.
    assert "Text: it rains\nLabel:B\n" in asked.prompt.before
    assert asked.verbaliser.texts == {"good": "A", "refused": "B"}


@pytest.mark.parametrize("examples", [[], EXAMPLES])
def test_a_chat_is_the_tokens_that_the_template_gives(examples):
    tokenizer = chatty()
    wording = Template(instruction="Choose: {choices}.", style="chat")
    asked = ask_for(LABELS, tokenizer, wording, examples)
    texts = [*(example.text for example in examples), "day"]
    turns = []
    for place, text in enumerate(texts):
        beginning = "Choose: good or refused.\n\n" if place == 0 else ""
        turns.append({"role": "user", "content": f"{beginning}Text: {text}"})
        if place < len(examples):
            turns.append({"role": "assistant", "content": examples[place].label})
    expected = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)
    assert tokenizer(asked.prompt.around("day"))["input_ids"] == expected
    assert expected.count(tokenizer.bos_token_id) == 1
    assert asked.verbaliser.texts == {"good": "good", "refused": "refused"}


def test_a_chat_s_text_alone_is_perturbed():
    module, _ = tiny_lm.build("llama")
    tokenizer = tiny_lm.bytes_and_back()
    other = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer, bos_token="<s>", eos_token="</s>"
    )
    other.chat_template = TURNS
    asked = ask_for(LABELS, other, Template(instruction="", style="chat"))
    model = CausalModel(
        module, other, prompt=asked.prompt, labels=asked.verbaliser.texts, constrained=True
    )
    encoded = model.encode("good day")
    own = [token for token, mine in zip(encoded.tokens, ~encoded.special, strict=True) if mine]
    assert own == ["Ġgood", "Ġday"]
    assert encoded.columns == asked.verbaliser.tokens


def test_the_date_is_not_that_of_today():
    """As Llama 3.2's, whose prompt would change every day."""
    template = "{{ date_string if date_string is defined else strftime_now('%d') }}" + TURNS
    asked = ask_for(LABELS, chatty(template), Template(style="chat"))
    assert asked.prompt.before.startswith("26 Jul 2024")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, "no chat template"),
        ("{{ raise_exception('no such turns') }}", "chat template fails .no such turns"),
        ("{{ messages[0].content", "chat template fails"),
        ("{{ 1 / 0 }}", "chat template fails .division by zero"),
        ("hello", "doesn't write the text once"),
        ("{{ messages[0].content }}{{ messages[0].content }}", "doesn't write the text once"),
    ],
)
def test_chat_templates_that_can_not_be_used_are_one_clear_line(template, message):
    with pytest.raises(InputError, match=message) as error:
        ask_for(LABELS, chatty(template), Template(style="chat"))
    assert "\n" not in str(error.value)


def test_examples_have_one_of_the_labels():
    with pytest.raises(InputError, match='examples: "bad" is none of the labels good, refused'):
        ask_for(LABELS, tiny_lm.bytes_and_back(), examples=[Example("day", "bad")])


def test_a_tokenizer_without_offsets_is_refused():
    with pytest.raises(InputError, match="fast one"):
        ask_for(LABELS, object())


def test_several_choices_are_listed():
    asked = ask_for(["good", "refused", "day"], tiny_lm.bytes_and_back())
    assert asked.prompt.before.startswith("Classify the text as good, refused or day.\n\n")
