"""Classifiers that are only reachable as functions of strings: Python functions and servers."""

from astrid.models.black_box.box import BlackBox
from astrid.models.black_box.callable import CallableModel
from astrid.models.black_box.http import HttpModel
from astrid.models.black_box.limits import Limits, Price
from astrid.models.black_box.wire import HUGGING_FACE, Wire

__all__ = ["HUGGING_FACE", "BlackBox", "CallableModel", "HttpModel", "Limits", "Price", "Wire"]
