"""`astrid doctor`: is everything here that Astrid needs?"""

import typer

from astrid.cli import options

HELP = """Versions, hardware and optional parts, and a short trial of training and explaining.

Exit code 1 if the trial fails.

Example:

  astrid doctor
"""

EXTRAS = {
    "hub": "datasets",
    "app": "streamlit",
    "llm": "peft",
    "cluster": "ray",
    "onnx": "onnxruntime",
}


def register(app: typer.Typer) -> None:
    app.command("doctor", help=HELP, short_help="Is everything here that Astrid needs?")(doctor)


def doctor(as_json: options.Json = False) -> None:
    import importlib.util
    import os
    import platform

    import torch

    from astrid.models.saving import versions

    facts: dict[str, object] = {"platform": platform.platform(), **versions()}
    facts["cores"] = os.cpu_count()
    facts["torch threads"] = torch.get_num_threads()
    facts["cuda"] = torch.cuda.get_device_name() if torch.cuda.is_available() else "not available"
    for extra, package in EXTRAS.items():
        there = importlib.util.find_spec(package) is not None
        facts[f"extra {extra}"] = "installed" if there else f"missing: pip install astrid[{extra}]"
    problem = _trial()
    facts["trial"] = problem or "trains, saves, loads and explains"
    options.table([{"what": name, "here": value} for name, value in facts.items()])
    if as_json:
        options.print_json(facts)
    if problem:
        raise typer.Exit(1)


def _trial() -> str:
    """Train, save, load and explain a tiny model; what went wrong, or nothing."""
    import tempfile
    from pathlib import Path

    from astrid.config import compose
    from astrid.explain.run import explain
    from astrid.models.load import load_model
    from astrid.spec import checked
    from astrid.text.document import Corpus, Document
    from astrid.training.fit import fit
    from astrid.training.spec import TrainSpec

    documents = [
        Document(str(number), f"the {word} case {number}", {"label": number % 2})
        for number, word in enumerate(["lost", "won"] * 16)
    ]
    corpus = Corpus("trial", tuple(documents), {"label": ("lost", "won")})
    overrides = ["encoder=demo-step5", "trainer=quick", "+encoder.vocab_size=64"]
    try:
        spec = checked(TrainSpec, compose("train", overrides) | {"data": {}}, "trial")
        with tempfile.TemporaryDirectory() as folder:
            fit(spec, corpus, corpus, Path(folder) / "model", progress=False)
            explain(load_model(Path(folder) / "model"), ["the won case"], "integrated_gradients")
    except Exception as error:  # noqa: BLE001 - whatever it is, the doctor reports it
        return f"failed: {type(error).__name__}: {error}"
    return ""
