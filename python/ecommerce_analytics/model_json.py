"""Fitted models as text that is read again to the last bit, and never executed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from ecommerce_analytics.errors import InvalidData

_VERSION = 1


def written(kind: str, state: Mapping[str, Any]) -> str:
    """Return JSON of a model's state with its kind, version and checksum.

    Parameters
    ----------
    kind : str
        Name of the model.
    state : mapping
        Numbers, texts and lists of numbers; NaN becomes null.
    """
    told = {name: _plain(value) for name, value in state.items()}
    document = {"model": kind, "version": _VERSION, "state": told, "sha256": _checksum(told)}
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False)


def read(kind: str, text: str) -> dict[str, Any]:
    """Return the state that `written` wrote; null becomes NaN.

    Raises
    ------
    InvalidData
        If the text is damaged, of another model, or of a version that is not known.
    """
    try:
        document = json.loads(text)
        told_kind, version = document["model"], document["version"]
        told, checksum = document["state"], document["sha256"]
    except (ValueError, KeyError, TypeError):
        raise InvalidData("model: the text is no model of ours") from None
    if told_kind != kind:
        raise InvalidData(f"model: expected one of {kind}", value=str(told_kind))
    if version != _VERSION:
        raise InvalidData("model: the version is not known", value=str(version))
    if not isinstance(told, dict) or checksum != _checksum(told):
        raise InvalidData("model: the text is damaged, its checksum differs")
    return {name: _unplain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _unplain(value: Any) -> Any:
    if isinstance(value, list):
        return [_unplain(one) for one in value]
    return math.nan if value is None else value


def _checksum(state: Mapping[str, Any]) -> str:
    text = json.dumps(state, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
