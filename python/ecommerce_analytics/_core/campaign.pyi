from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import numpy
import numpy.typing
import typing
__all__: list[str] = ['Analysis', 'Contacts', 'Draws', 'Scenarios', 'Tornado', 'contacts', 'simulate']
class Analysis(ecommerce_analytics._core.Table):
    """
    One row per figure.
    """
class Scenarios(ecommerce_analytics._core.Table):
    """
    Pessimistic, expected, optimistic.
    """
class Tornado(ecommerce_analytics._core.Table):
    """
    One row per assumption with a range.
    """
class Draws(ecommerce_analytics._core.Table):
    """
    One row per draw of the assumptions.
    """
class Contacts(ecommerce_analytics._core.Table):
    """
    Customers, the most profitable first.
    """
def contacts(p_order: numpy.typing.NDArray[numpy.float64], spend: numpy.typing.NDArray[numpy.float64], assumptions: typing.Annotated[collections.abc.Sequence[typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"] | None], "FixedSize(7)"], *, uplift_source: str, customer: ecommerce_analytics._core.KeyColumn | None) -> Contacts:
    """
    See ecommerce_analytics.campaign.contacts.
    """
def simulate(p_order: numpy.typing.NDArray[numpy.float64], spend: numpy.typing.NDArray[numpy.float64], assumptions: typing.Annotated[collections.abc.Sequence[typing.Annotated[collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex], "FixedSize(3)"] | None], "FixedSize(7)"], *, uplift_source: str, num_scenarios: typing.SupportsInt | typing.SupportsIndex, random_state: typing.SupportsInt | typing.SupportsIndex, num_threads: typing.SupportsInt | typing.SupportsIndex) -> tuple[Analysis, Scenarios, Tornado, Draws]:
    """
    See ecommerce_analytics.campaign.simulate.
    """
