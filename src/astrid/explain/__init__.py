"""Explaining texts: the engine, the methods, and the records that they fill.

`astrid.explain` is both this package and the public call: Python puts a package's name into its
parent as soon as anything in it is imported, so the package itself must answer the call.
"""

import inspect
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astrid.explain.records import Explanations


class _CallablePackage(ModuleType):
    """This package, which passes calls on to `astrid.explain.run.explain`."""

    def __call__(self, *arguments: Any, **settings: Any) -> "Explanations":
        from astrid.explain.run import explain

        return explain(*arguments, **settings)

    @property
    def __signature__(self) -> inspect.Signature:
        from astrid.explain.run import explain

        return inspect.signature(explain)


sys.modules[__name__].__class__ = _CallablePackage
