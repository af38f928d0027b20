"""Fitted models as files: text that is read again to the last bit, and never executed.

A file is one JSON object. Its ``sha256`` is of the same text without it and the ``hmac_sha256``, so
that every byte counts: a file that is cut short, edited or written anew by another program is
refused. That finds accidents. Against somebody who writes a checksum of his own there is the
HMAC-SHA-256 under a secret, which is asked for by telling it.

Sources: RFC 8259 for JSON; RFC 2104 and FIPS 198-1 for HMAC.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import math
import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeAlias, get_args, get_type_hints

import numpy as np

from ecommerce_analytics import _core, bg_nbd, churn, clv, exports, files, gamma_gamma, pareto_nbd
from ecommerce_analytics.cutoff import CutoffDataset
from ecommerce_analytics.errors import Error, InvalidArgument, InvalidData, IOFailure
from ecommerce_analytics.fitted_model import FittedModel
from ecommerce_analytics.purchase_history import columns_of, keys_of
from ecommerce_analytics.table import Table

__all__ = ["FORMAT_VERSION", "KINDS", "SavedModel", "load", "read_key", "save", "training_sha256"]

#: Version of the form of the files, which all versions of the library that know it read.
FORMAT_VERSION: Final = 1
_FORMAT: Final = "ecommerce-analytics model"
_LEAST_LENGTH: Final = 16
_MOST_DAYS: Final = 3650  # Of a period.
_MOST_BYTES: Final = 16 * 2**20  # A model is some kilobytes.
_OF_MODEL: Final = b"ecommerce-analytics model 1\0"  # What is signed begins with what it is for.

Kind = Literal["churn", "clv", "bg_nbd", "pareto_nbd", "gamma_gamma"]
Model: TypeAlias = churn.Model | clv.Models | FittedModel
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_FITTED: Final[dict[str, type[FittedModel]]] = {
    one.KIND: one for one in (bg_nbd.Model, pareto_nbd.Model, gamma_gamma.Model)
}
_SUMMARY: Final = {
    "bg_nbd": ("frequency", "recency", "T"),
    "pareto_nbd": ("frequency", "recency", "T"),
    "gamma_gamma": ("frequency", "monetary_value"),
    "clv": ("frequency", "recency", "T", "monetary_value"),
}
_RULES: Final = {
    "churn": "SHA-256 of cutoffs, customers, features of the model and labels, in order of cutoffs"
    " and keys",
    "summary": "SHA-256 of customers and columns of the summary of purchases, in order of the keys",
}
_PARTS: Final = (
    *("format", "format_version", "library_version", "kind", "features", "options", "metrics"),
    *("training_data", "state", "sha256"),
)


@dataclass(frozen=True)
class SavedModel:
    """What stands in the file of a model.

    Attributes
    ----------
    kind : {"churn", "clv", "bg_nbd", "pareto_nbd", "gamma_gamma"}
        What it is a model of.
    model : churn.Model, clv.Models, or a Model of bg_nbd, pareto_nbd or gamma_gamma
        The model, to the last bit the one that was saved.
    features : mapping of str to str
        Names of the columns that it reads, and what they mean.
    options : mapping
        Cutoffs, horizon and what else was told when it was saved.
    metrics : mapping of str to mapping
        Tables of how it did when it was tested, by name: lists by column, with the intervals.
    training_sha256 : str or None
        Hash of the data that it learned from (`training_sha256`).
    library_version : str
        Version of the library that wrote the file.
    is_signed : bool
        True if the file has an HMAC; it was checked if a key was told.
    """

    kind: Kind
    model: Model
    features: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict)
    training_sha256: str | None = None
    library_version: str = _core.__version__
    is_signed: bool = False


def save(
    model: Model,
    path: str | PathLike[str],
    *,
    training: Sequence[CutoffDataset] | object | None = None,
    metrics: Mapping[str, Table] | None = None,
    options: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> SavedModel:
    """Write a model to a file, all of it or nothing.

    Parameters
    ----------
    model : churn.Model, clv.Models, or a Model of bg_nbd, pareto_nbd or gamma_gamma
        Of a fit that can predict.
    path : str or path-like
        The file; one that is there is replaced in one step.
    training : list of CutoffDataset, or a summary of purchases; optional
        What it learned from, of which the file gets the hash.
    metrics : mapping of str to Table, optional
        How it did when it was tested, such as ``{"evaluation": outcome.evaluation}``.
    options : mapping, optional
        What else is worth to be known: texts, numbers, and lists of them.
    key : str, optional
        Secret of at least 16 characters: the file gets an HMAC under it.

    Returns
    -------
    SavedModel
        What was written.

    Raises
    ------
    InvalidArgument
        The model cannot predict, an option is no text or finite number, `band_cuts` or
        `period_days` is none to predict with, or the secret is too short.
    TypeError
        It is no model that can be saved: rivals are there to be compared with.
    IOFailure
        The file cannot be written; one that was there is as it was.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import ecommerce_analytics as ea
    >>> shop = ea.datasets.make_synthetic(num_customers=2_000, random_state=0)
    >>> outcome = ea.churn.rank(shop.transactions)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "churn.json")
    ...     _ = ea.saved_model.save(ea.churn.Model(outcome.model), file)
    ...     again = ea.saved_model.load(file, kind="churn").model
    >>> bool((again.predict(ea.cutoff.features(shop.transactions, "2026-01-01"))
    ...     == ea.churn.Model(outcome.model).predict(
    ...         ea.cutoff.features(shop.transactions, "2026-01-01"))).all())
    True
    """
    secret = None if key is None else _secret(key)
    kind = _kind_of(model)
    state = _state_of(model)
    names = _names_of(kind, state)
    saved = SavedModel(
        kind=kind,
        model=model,
        features={name: _meanings(kind).get(name, "") for name in names},
        options=_plain_options({**(options or {}), **_told_of(model)}),
        metrics={
            name: {column: _values(table, column) for column in table}
            for name, table in (metrics or {}).items()
        },
        training_sha256=None if training is None else training_sha256(model, training),
        is_signed=key is not None,
    )
    told: dict[str, Any] = {
        "format": _FORMAT,
        "format_version": FORMAT_VERSION,
        "library_version": saved.library_version,
        "kind": kind,
        "features": [{"name": name, "definition": saved.features[name]} for name in names],
        "options": dict(saved.options),
        "metrics": saved.metrics,
        "training_data": {
            "sha256": saved.training_sha256,
            "rule": _RULES["churn" if kind == "churn" else "summary"],
        },
        "state": state,
    }
    if (wrong := _wrong_option(kind, saved.options)) is not None:
        raise InvalidArgument(
            f"saved_model: {wrong} is out of its range", value=repr(saved.options[wrong])
        )
    text = _text(told)
    told["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    if secret is not None:
        told["hmac_sha256"] = _mark(secret, text)
    _write(_text(told), Path(path))
    return saved


def load(
    path: str | PathLike[str], *, key: str | None = None, kind: Kind | None = None
) -> SavedModel:
    """Read a model from a file that `save` wrote; nothing in it is executed.

    Parameters
    ----------
    path : str or path-like
        The file.
    key : str, optional
        The secret under which it must have been written. None: an HMAC is not looked at.
    kind : str, optional
        What it must be a model of, one of `KINDS`.

    Raises
    ------
    InvalidArgument
        The secret is too short, or `kind` is unknown.
    InvalidData
        The file is damaged or no model of ours, of a version, a kind or with features that this
        library does not know, of another kind than asked for, or has no HMAC of this secret.
    IOFailure
        It cannot be read.
    """
    secret = None if key is None else _secret(key)
    if kind is not None and kind not in KINDS:
        raise InvalidArgument(f"saved_model: kind must be one of {', '.join(KINDS)}", value=kind)
    told = _read(Path(path), secret)
    found = told["kind"]
    if found not in KINDS:
        raise InvalidData("saved_model: the kind of the model is not known", file=path, value=found)
    if kind is not None and found != kind:
        raise InvalidData(f"saved_model: expected a model of kind {kind}", file=path, value=found)
    try:
        return _checked(told)
    except (Error, TypeError, ValueError, KeyError, OverflowError, RecursionError) as error:
        text = str(error) if isinstance(error, Error) else None
        raise InvalidData(
            "saved_model: the file holds no model that can be used", file=path, value=text
        ) from None


def training_sha256(model: Model, training: Sequence[CutoffDataset] | object) -> str:
    """Return the hash of the data that a model learned from, the same for any order of rows.

    Of churn it is of the data sets by their cutoffs: moment and options, the customers in order of
    their keys, the features that the model reads, the labels. Of the others it is of the customers
    of a summary of purchases in that order, and of the columns that the model reads. Keys go in as
    text, numbers as float64 with one NaN for null.

    Raises
    ------
    TypeError
        It is not what such a model learns from.
    """
    digest = hashlib.sha256()
    if isinstance(model, churn.Model):
        given = training if isinstance(training, (list, tuple)) else [training]
        if not given or not all(isinstance(one, CutoffDataset) for one in given):
            raise TypeError("training must be the CutoffDatasets that the model learned from")
        for one in sorted(given, key=lambda one: one.cutoff):
            told = (one.cutoff.astype("int64"), one.horizon, one.gap, one.active_within)
            _add(digest, "cutoff", repr([int(number) for number in told]).encode())
            _add_keys(digest, one.features["customer"].tolist())
            for name in model.table["feature"].tolist():
                _add(digest, name, _bytes_of(one.features[name]))
            _add(digest, "label", one.labels.tobytes())
        return digest.hexdigest()
    keys = keys_of(training)
    columns = columns_of(training, _SUMMARY[_kind_of(model)])
    order = list(range(len(columns[0])))
    if keys is not None:
        order.sort(key=lambda row: (isinstance(keys[row], str), keys[row]))
        _add_keys(digest, [keys[row] for row in order])
    for name, values in zip(_SUMMARY[_kind_of(model)], columns, strict=True):
        _add(digest, name, _bytes_of(values[order]))
    return digest.hexdigest()


def read_key(told: str) -> str:
    """Return the secret: the text, or after ``@`` what the file of this name holds.

    Blanks and line ends around the text of a file are no part of it. Raises `InvalidArgument` if it
    has less than 16 characters, and `IOFailure` if there is no such file; neither repeats it.
    """
    key = files.read_text(told[1:]).strip() if told.startswith("@") else told
    _secret(key)
    return key


def _secret(key: str) -> bytes:
    if not isinstance(key, str) or len(key) < _LEAST_LENGTH:
        raise InvalidArgument(
            f"saved_model: the key of a model must have {_LEAST_LENGTH} characters or more"
        )
    return key.encode("utf-8", "surrogatepass")


def _mark(secret: bytes, text: str) -> str:
    return hmac.digest(secret, _OF_MODEL + text.encode(), "sha256").hex()


# --- what a model is made of ---


def _kind_of(model: Model) -> Kind:
    if isinstance(model, churn.Model):
        return "churn"
    if isinstance(model, clv.Models):
        return "clv"
    if type(model) in _FITTED.values():
        kind: Kind = model.KIND  # type: ignore[assignment]
        return kind
    raise TypeError(f"a model of type {type(model).__name__} cannot be saved")


def _state_of(model: Model) -> dict[str, Any]:
    """Return all that the model is, as JSON has it: null for NaN."""
    if isinstance(model, churn.Model):
        return dict(_core.churn.state_of(model._native))
    if isinstance(model, clv.Models):
        return {
            "purchases": {"kind": _kind_of(model.purchases), **_state_of(model.purchases)},
            "spend": {"kind": _kind_of(model.spend), **_state_of(model.spend)},
            "num_left_out": model.num_left_out,
        }
    if not model.can_predict:
        raise InvalidArgument(
            f"{model.KIND}: the fit has no parameters to predict with", value=model.boundary
        )
    return {name: _plain(value) for name, value in asdict(model).items()}  # type: ignore[call-overload]


def _names_of(kind: Kind, state: Mapping[str, Any]) -> list[str]:
    return list(state["feature"]) if kind == "churn" else list(_SUMMARY[kind])


def _meanings(kind: Kind) -> Mapping[str, str]:
    return exports.meanings("churn_risk" if kind == "churn" else "purchase_summary")


def _told_of(model: Model) -> dict[str, Any]:
    """Return what people want to read of a model of churn; `load` compares it with the state."""
    if not isinstance(model, churn.Model):
        return {}
    table = model.table
    return {
        "horizon_days": table.horizon_days,
        "gap_days": table.gap_days,
        "active_within_days": table.active_within_days,
        "training_cutoffs": list(table.training_cutoffs),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _values(table: Table, column: str) -> list[Any]:
    """Return a column of a table of figures; null where there is none."""
    plain: list[Any] = _plain(table[column].tolist())
    return plain


def _plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in options.items():
        told[name] = list(value) if isinstance(value, (list, tuple)) else value
        if not _is_option(told[name]):
            raise InvalidArgument(
                "saved_model: an option must be a text, a finite number or a list of them",
                value=name,
            )
    return told


def _wrong_option(kind: Kind, options: Mapping[str, Any]) -> str | None:
    """Return the name of an option that predictions need and that is none; None if there is no."""
    if kind == "churn" and "band_cuts" in options:
        cuts = options["band_cuts"]
        is_pair = type(cuts) is list and [type(one) for one in cuts] == [float, float]
        return None if is_pair and 0.0 < cuts[0] < cuts[1] < 1.0 else "band_cuts"
    if kind == "clv" and "period_days" in options:
        days = options["period_days"]
        is_number = type(days) in (int, float)
        return None if is_number and 0 < days <= _MOST_DAYS else "period_days"
    return None


def _is_option(value: Any) -> bool:
    one = value if isinstance(value, list) else [value]
    return all(_is_scalar(single) for single in one)


def _is_scalar(value: Any) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (str, int, bool)


# --- the hash of the training ---


def _add(digest: Any, name: str, content: bytes) -> None:
    """Add a part under its name and length, so that no two are alike when put together."""
    digest.update(f"{name}:{len(content)}:".encode())
    digest.update(content)


def _add_keys(digest: Any, keys: Iterable[Any]) -> None:
    texts = [str(key).encode("utf-8", "surrogatepass") for key in keys]
    _add(digest, "customer", b"".join(b"%d:%s" % (len(text), text) for text in texts))


def _bytes_of(column: Any) -> bytes:
    values = column.astype(np.float64)
    plain = np.ma.filled(values, np.nan) if isinstance(values, np.ma.MaskedArray) else values
    return np.where(np.isnan(plain), np.nan, plain).astype("<f8").tobytes()


# --- files ---


def _text(told: Mapping[str, Any]) -> str:
    """Return the one text of the content: `load` takes no other."""
    return json.dumps(told, ensure_ascii=True, allow_nan=False, indent=1, sort_keys=True) + "\n"


def _write(text: str, path: Path) -> None:
    """Write aside, bring it to the disk, and rename."""
    try:
        target = Path(os.path.realpath(path))
        aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        try:
            with aside.open("x", encoding="ascii", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
    except (OSError, ValueError) as error:  # Of a zero byte in the path.
        raise IOFailure(
            "saved_model: the file cannot be written", file=path, value=_reason(error)
        ) from error


def _reason(error: OSError | ValueError) -> str | None:
    return error.strerror if isinstance(error, OSError) else str(error)


def _refuse(text: str, path: Path, value: object = None) -> NoReturn:
    raise InvalidData(f"saved_model: {text}", file=path, value=value)


def _read(path: Path, secret: bytes | None) -> dict[str, Any]:
    """Return the content of a file that is as it was written, and signed if a secret is told."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # Of a zero byte in the path.
        raise IOFailure(
            "saved_model: the file cannot be read", file=path, value=_reason(error)
        ) from error
    if len(data) > _MOST_BYTES:
        _refuse("the file is no model of ours: it is too large", path)
    try:
        text = data.decode("ascii")
        told = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        _refuse("the file is damaged or no model of ours", path)
    if not isinstance(told, dict) or told.get("format") != _FORMAT:
        _refuse("the file is damaged or no model of ours", path)
    version = told.get("format_version")
    if type(version) is not int or version != FORMAT_VERSION:
        shown = version if type(version) is int and abs(version) < 10**9 else None
        _refuse("the version of the file is not known to this library", path, shown)
    mark, checksum = told.get("hmac_sha256"), told.get("sha256")
    content = {name: one for name, one in told.items() if name not in ("sha256", "hmac_sha256")}
    try:
        plain = _text(content)
        is_whole = text == _text(told) and hashlib.sha256(plain.encode()).hexdigest() == checksum
    except (ValueError, TypeError, RecursionError):  # Such as a number beyond all doubles.
        is_whole = False
    if not is_whole or {*told} - {"hmac_sha256"} != {*_PARTS}:
        _refuse("the file is damaged: its checksum differs", path)
    if secret is not None:
        if mark is None:
            _refuse("the file is not signed, and a key was told", path)
        if not isinstance(mark, str) or not hmac.compare_digest(
            mark.encode("utf-8", "surrogatepass"), _mark(secret, plain).encode()
        ):
            _refuse("the file is not signed with this key", path)
    return told


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


# --- what is read ---


def _checked(told: Mapping[str, Any]) -> SavedModel:
    """Make the model of a file, or raise."""
    kind: Kind = told["kind"]
    model = _model_of(kind, told["state"])
    names = _names_of(kind, told["state"])
    features = {one["name"]: one["definition"] for one in told["features"]}
    options = told["options"]
    metrics = told["metrics"]
    trained = told["training_data"]["sha256"]
    is_told = (
        [one["name"] for one in told["features"]] == names
        and all(type(text) is str for text in features.values())
        and type(told["library_version"]) is str
        and type(options) is dict
        and all(map(_is_option, options.values()))
        and _wrong_option(kind, options) is None
        and all(options.get(name) == value for name, value in _told_of(model).items())
        and (trained is None or (type(trained) is str and len(trained) == 64))
        and type(metrics) is dict
        and all(type(table) is dict for table in metrics.values())
        and all(
            type(column) is list and all(map(_is_scalar, column))
            for table in metrics.values()
            for column in table.values()
        )
    )
    if not is_told:
        raise TypeError
    return SavedModel(
        kind=kind,
        model=model,
        features=features,
        options=options,
        metrics=metrics,
        training_sha256=trained,
        library_version=told["library_version"],
        is_signed="hmac_sha256" in told,
    )


def _model_of(kind: str, state: Any) -> Model:
    if kind == "churn":
        return _churn_of(state)
    if kind == "clv":
        return _clv_of(state)
    return _fitted_of(kind, state)


def _churn_of(state: Any) -> churn.Model:
    lists = {"feature": str, "mean": float, "scale": float, "coefficient": float, "cutoffs_us": int}
    singles = {"intercept": float, "C": float, "converged": bool} | dict.fromkeys(
        ("horizon_days", "gap_days", "active_within_days", "num_rows", "num_positives"), int
    )
    if type(state) is not dict or {*state} != {*lists, *singles}:
        raise TypeError
    for name, wanted in lists.items():
        if type(state[name]) is not list or any(type(one) is not wanted for one in state[name]):
            raise TypeError
    if any(type(state[name]) is not wanted for name, wanted in singles.items()):
        raise TypeError
    return churn.Model(Table(_core.churn.model_of(**state)))


def _clv_of(state: Any) -> clv.Models:
    if type(state) is not dict or {*state} != {"purchases", "spend", "num_left_out"}:
        raise TypeError
    parts: dict[str, Any] = {}
    for name in ("purchases", "spend"):
        own = dict(state[name])
        parts[name] = _fitted_of(own.pop("kind"), own)
    is_spend = isinstance(parts["spend"], gamma_gamma.Model)
    if not is_spend or isinstance(parts["purchases"], gamma_gamma.Model):
        raise TypeError
    if type(state["num_left_out"]) is not int or state["num_left_out"] < 0:
        raise TypeError
    return clv.Models(**parts, num_left_out=state["num_left_out"])


def _fitted_of(kind: str, state: Any) -> FittedModel:
    """Make a fit of its state, each number of the type that its class says."""
    type_ = _FITTED[kind]
    hints = get_type_hints(type_)
    names = [one.name for one in fields(type_)]  # type: ignore[arg-type]
    if type(state) is not dict or {*state} != {*names}:
        raise TypeError
    made = {name: _field(hints[name], state[name]) for name in names}
    size = len(type_.NAMES)
    sizes = {"parameters": size, "standard_errors": size, "covariance": size * size}
    if any(len(made[name]) != length for name, length in sizes.items()):
        raise TypeError
    model = type_(**made)
    _TRIALS[kind](model)  # The kernel refuses parameters out of their range.
    return model


def _field(hint: Any, value: Any) -> Any:
    if hint is float:
        return _float(value)
    if hint in (int, str):
        if type(value) is not hint:
            raise TypeError
        return value
    if options := [one for one in get_args(hint) if isinstance(one, str)]:
        if value not in options:
            raise TypeError
        return value
    if type(value) is not list:
        raise TypeError
    return tuple(_float(one) for one in value)


def _float(value: Any) -> float:
    if value is None:
        return math.nan
    if type(value) is not float:
        raise TypeError
    return value


_ONE_CUSTOMER: Final = {
    "frequency": np.array([1.0]),
    "recency": np.array([1.0]),
    "T": np.array([2.0]),
    "monetary_value": np.array([1.0]),
}
_TRIALS: Final[dict[str, Callable[[Any], object]]] = {
    "bg_nbd": lambda model: bg_nbd.probability_alive(model, _ONE_CUSTOMER),
    "pareto_nbd": lambda model: pareto_nbd.probability_alive(model, _ONE_CUSTOMER),
    "gamma_gamma": lambda model: gamma_gamma.expected_value(model, _ONE_CUSTOMER),
}
