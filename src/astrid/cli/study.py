"""`astrid study`: commands about a study and the models that come of it."""

import typer

from astrid.cli import study_gate, study_report, study_run


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Studies of models: run them, and decide which model may ship.")
    study_run.register(group)
    study_report.register(group)
    study_gate.register(group)
    app.add_typer(group, name="study")
