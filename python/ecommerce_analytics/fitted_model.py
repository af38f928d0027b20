"""What fitted models have in common: their text, their parameters, and how these are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self, SupportsFloat, SupportsIndex, cast

from ecommerce_analytics import model_json
from ecommerce_analytics.errors import InvalidArgument


class FittedModel:
    """A fit by maximum likelihood: a frozen dataclass of numbers and texts inherits from this.

    Attributes
    ----------
    KIND : str
        Name of the model's module, in its text and in errors.
    NAMES : tuple of str
        Names of the parameters.
    """

    KIND: ClassVar[str]
    NAMES: ClassVar[tuple[str, ...]]

    parameters: tuple[float, ...]
    status: str
    boundary: str
    log_likelihood: float
    n_iter: int
    standard_errors: tuple[float, ...]
    covariance: tuple[float, ...]

    @property
    def can_predict(self) -> bool:
        """True if there are parameters to predict with."""
        return self.parameters[0] == self.parameters[0]

    def to_json(self) -> str:
        """Return the model as text, of which `from_json` makes the same, to the last bit."""
        return model_json.written(self.KIND, asdict(cast(Any, self)))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make the model again that `to_json` wrote.

        Raises
        ------
        InvalidData
            If the text is damaged, of another model, or of a version that is not known.
        """
        return cls.of_state(model_json.read(cls.KIND, text))

    @classmethod
    def of_state(cls, told: Mapping[str, Any]) -> Self:
        """Make a model of what the extension or a text tells of it: lists stand for tuples."""
        state = {name: tuple(one) if isinstance(one, list) else one for name, one in told.items()}
        return cls(**state)


def predicting(model: object, kind: type[FittedModel]) -> list[float]:
    """Return the parameters of a model to predict with.

    Raises
    ------
    TypeError
        For anything but a model of this kind.
    InvalidArgument
        If it has no parameters.
    """
    if not isinstance(model, kind):
        raise TypeError(f"expected a {kind.KIND}.Model, got {type(model).__name__}")
    if not model.can_predict:
        raise InvalidArgument(
            f"{kind.KIND}: the fit has no parameters to predict with", value=model.boundary
        )
    return list(model.parameters)


def parameters_of(kind: type[FittedModel], given: Sequence[float]) -> list[float]:
    """Return given parameters as floats, refused if they are not as many as the model has."""
    values = [number(kind.KIND, "parameters", one) for one in given]
    if len(values) != len(kind.NAMES):
        raise InvalidArgument(
            f"{kind.KIND}: parameters are {', '.join(kind.NAMES)}", value=repr(given)
        )
    return values


def number(kind: str, name: str, given: object) -> float:
    """Return an option of a module as a float, refused where it is none."""
    if isinstance(given, (str, bytes)) or not isinstance(given, (SupportsFloat, SupportsIndex)):
        raise InvalidArgument(f"{kind}: {name} must be a number", value=repr(given))
    try:
        return float(given)
    except (TypeError, ValueError, OverflowError):  # An array of several, an int beyond 1e308.
        raise InvalidArgument(f"{kind}: {name} must be a number", value=repr(given)) from None
