"""Telling transformers' auto classes about Astrid's models, without importing transformers.

`import astrid` must stay quick, and yet `AutoModelForSequenceClassification.from_pretrained` must
know Astrid's folders. So the registration waits until transformers' own modules are imported.
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_CONFIGURATION = "transformers.models.auto.configuration_auto"
_MODELING = "transformers.models.auto.modeling_auto"


def _register_configuration(module: ModuleType) -> None:
    from astrid.models.configuration import AstridConfig

    module.AutoConfig.register(AstridConfig.model_type, AstridConfig, exist_ok=True)


def _register_model(module: ModuleType) -> None:
    # The module registers itself, at its end: its own import of transformers may have led here,
    # and then it is only half there.
    import_module("astrid.models.classifier")


_AFTER: dict[str, Callable[[ModuleType], None]] = {
    _CONFIGURATION: _register_configuration,
    _MODELING: _register_model,
}


class _AfterImport(MetaPathFinder):
    """Finds the two modules as Python would, and has a function run after each is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _AFTER:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            _run_after(spec, _AFTER[fullname])
        return spec


def _run_after(spec: ModuleSpec, then: Callable[[ModuleType], None]) -> None:
    loader = spec.loader
    assert loader is not None
    execute = loader.exec_module

    def execute_then(module: ModuleType) -> None:
        execute(module)
        then(module)

    loader.exec_module = execute_then  # type: ignore[method-assign]


def register() -> None:
    """Register with transformers now where it is imported already, and otherwise when it is."""
    sys.meta_path.insert(0, _AfterImport())
    for name, then in _AFTER.items():
        if name in sys.modules:
            then(sys.modules[name])
