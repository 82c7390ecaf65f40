"""`astrid methods`, `measures`, `heads`, `encoders` and `compressions`: what there is."""

import typer

from astrid.cli import options


def register(app: typer.Typer) -> None:
    app.command("methods", help=METHODS, short_help="Attribution methods.")(methods)
    app.command("measures", help=MEASURES, short_help="Measures.")(measures)
    app.command("heads", help=HEADS, short_help="Classifier heads.")(heads)
    app.command("encoders", help=ENCODERS, short_help="Encoder presets.")(encoders)
    app.command("compressions", help=COMPRESSIONS, short_help="Compressions.")(compressions)


METHODS = """Attribution methods: what they need of a model, and their settings.

Example:

  astrid methods --json
"""

MEASURES = """Measures of explanations and predictions: kind, better end, and what they need.

Example:

  astrid measures --json
"""

HEADS = """Classifier heads and their settings.

Example:

  astrid heads
"""

ENCODERS = """Encoder presets: architecture, parameters, hub id.

Example:

  astrid encoders
"""

COMPRESSIONS = """Compressions of trained models and their settings (astrid compress).

Example:

  astrid compressions
"""


def methods(as_json: options.Json = False) -> None:
    from astrid import plugins
    from astrid.explain import methods as family

    rows: list[dict[str, object]] = []
    for name in family.names():
        module = plugins.load(family.__name__, name)
        rows.append(
            {
                "name": name,
                "what": _first_line(module.__doc__).partition(": ")[2].rstrip("."),
                "needs": ", ".join(sorted(module.NEEDS)),
                "settings": _settings(module.Params),
            }
        )
    _show(rows, as_json)


def measures(as_json: options.Json = False) -> None:
    from astrid.measures import load_measure, measure_names

    rows: list[dict[str, object]] = []
    for name in measure_names():
        measure = load_measure(name)
        rows.append(
            {
                "name": name,
                "kind": measure.KIND,
                "better": measure.DIRECTION,
                "needs": ", ".join(sorted(measure.NEEDS)),
                "what": _first_line(measure.__doc__).partition(": ")[2],
            }
        )
    _show(sorted(rows, key=lambda row: (str(row["kind"]), str(row["name"]))), as_json)


def heads(as_json: options.Json = False) -> None:
    _show_family("astrid.models.heads", as_json)


def compressions(as_json: options.Json = False) -> None:
    _show_family("astrid.models.compression", as_json)


def encoders(as_json: options.Json = False) -> None:
    from astrid.models.build import meta_encoder, parameter_count
    from astrid.models.encoders import load_preset, preset_names

    rows: list[dict[str, object]] = []
    for name in preset_names():
        preset = load_preset(name)
        architecture = preset.architecture
        rows.append(
            {
                "name": name,
                "layers": architecture.layers,
                "size": architecture.hidden_size,
                "parameters": f"{parameter_count(meta_encoder(name)) / 1e6:.1f} M",
                "hub id": preset.hub_id or "",
                "what": preset.description,
            }
        )
    _show(rows, as_json)


def _show_family(package: str, as_json: bool) -> None:
    """Name, first line and settings of each file of a family."""
    from astrid import plugins

    rows: list[dict[str, object]] = []
    for name in plugins.names(package):
        module = plugins.load(package, name)
        what = _first_line(module.__doc__)
        rows.append({"name": name, "what": what, "settings": _settings(module.Params)})
    _show(rows, as_json)


def _show(rows: list[dict[str, object]], as_json: bool) -> None:
    options.table(rows)
    if as_json:
        options.print_json(rows)


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().splitlines()[0]


def _settings(params: type) -> str:
    fields = getattr(params, "model_fields", {})
    return ", ".join(f"{name}={field.default!r}" for name, field in fields.items())
