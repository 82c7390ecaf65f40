"""What is measured: sentences and a fine-tuned six-layer MiniLM, real where they are at hand."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tests.real.conftest import folder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from astrid.files import new_folder
from astrid.models.load import load_model
from astrid.models.text_model import TransformerClassifier
from astrid.models.tokenizers import train_wordpiece
from astrid.spec import digest
from astrid.text.sources import verdicts
from astrid.text.words import find_words

SHORTEST, LONGEST = 5, 60
"""Tokens of a sentence, special ones included."""

MADE = Path("runs/bench")


@dataclass(frozen=True, eq=False)
class Workload:
    """Sentences, the model as Astrid opens it, and the same model as its users would.

    Attributes:
        says: what model and texts these are.
        texts: sentences of 5 to 60 tokens.
        plain: those whose words are single pieces: only there does a mask written into
            the string, as lime and shap do it, give the same ids as a mask on the ids.
    """

    says: str
    model: TransformerClassifier
    module: Any
    tokenizer: Any
    source: str
    device: str
    texts: list[str]
    plain: list[str]


def workload(device: str = "cpu") -> Workload:
    """Real sentences and weights where the tests find them, else generated ones."""
    data, weights = folder("data"), folder("weights")
    if data is None or weights is None:
        says, texts = "random weights of MiniLM's shapes; generated sentences", generated()
        source = _random_model(texts)
    else:
        table = pd.read_csv(data / "sst2" / "sst2.csv")
        texts = table["sentence"].tolist()
        says = "MiniLM-L6 fine-tuned on 2,000 sentences of SST-2, which are also the texts"
        source = _tuned_model(weights / "minilm-l6", texts, table["label"].tolist())
    model = load_model(source, device=device)
    module = AutoModelForSequenceClassification.from_pretrained(source, dtype=torch.float32)
    module = module.eval().to(device)
    tokenizer = AutoTokenizer.from_pretrained(source)
    fitting = [text for text in texts if SHORTEST <= len(model.encode(text)) <= LONGEST]
    plain = [text for text in fitting if _is_plain(model, text)]
    return Workload(says, model, module, tokenizer, source, device, fitting, plain)


def drawn(texts: list[str], count: int) -> list[str]:
    """`count` of the texts, as they come: drawn at random with a fixed seed."""
    places = np.random.default_rng(0).permutation(len(texts))[:count]
    return [texts[place] for place in places]


def _is_plain(model: TransformerClassifier, text: str) -> bool:
    """Whether every word is one known piece, and stays one when its neighbours are taken away."""
    encoded = model.encode(text)
    spans = find_words(text)
    if any(end == start for (_, end), (start, _) in pairwise(spans)):
        # Without the hyphen, "toss-up" becomes another word in the string, and not on the ids.
        return False
    words = set(spans)
    pieces = [tuple(span) for span in encoded.offsets[~encoded.special].tolist()]
    known = model.token_ids.unknown not in encoded.ids
    return known and words <= set(pieces)


def generated() -> list[str]:
    """Sentences of the embedded corpus."""
    corpus = verdicts.load(verdicts.Params(train=1500, validation=1, test=1))
    return [sentence for text in corpus.texts for sentence in text.split(". ")]


def place(kind: str, made_of: Any) -> Path:
    """Folder of the model that is made of this; of anything else, another is."""
    return MADE / f"{kind}-{digest(made_of)}"


def _random_model(texts: list[str]) -> str:
    torch.manual_seed(0)
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=2000,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    tokenizer = train_wordpiece(texts, config.vocab_size, 512)
    folder = place("random", [config.to_dict(), texts])
    return _save(folder, BertForSequenceClassification(config), tokenizer)


def _tuned_model(weights: Path, texts: list[str], labels: list[int]) -> str:
    """Two passes of AdamW over the sentences: half a minute, once."""
    made = place("tuned", [str(weights.resolve()), texts, labels])
    if made.is_dir():
        return str(made)
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(weights)
    tokenizer.backend_tokenizer.no_padding()
    module = AutoModelForSequenceClassification.from_pretrained(
        weights, dtype=torch.float32, num_labels=2
    ).train()
    optimizer = torch.optim.AdamW(module.parameters(), lr=5e-5)
    for order in (torch.randperm(len(texts)) for _ in range(2)):
        for rows in order.split(32):
            batch = tokenizer([texts[row] for row in rows], padding=True, return_tensors="pt")
            wanted = torch.tensor([labels[row] for row in rows])
            module(**batch, labels=wanted).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    return _save(made, module, tokenizer)


def _save(place: Path, module: Any, tokenizer: Any) -> str:
    with new_folder(place) as folder:
        module.eval().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return str(place)
