"""`astrid study`: commands about a study and the models that come of it."""

import typer

from astrid.cli import study_gate


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Studies of models: decide which of them may ship.")
    study_gate.register(group)
    app.add_typer(group, name="study")
