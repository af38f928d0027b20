"""Several analyses in one pass over the order lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any, TypeAlias

from ecommerce_analytics import cohort as cohorts
from ecommerce_analytics import geo_aggregate
from ecommerce_analytics import kpi as key_figures
from ecommerce_analytics import rfm as scoring
from ecommerce_analytics.civil_time import Moment
from ecommerce_analytics.customer_history import CustomerHistory
from ecommerce_analytics.errors import InvalidArgument
from ecommerce_analytics.selection import Selection
from ecommerce_analytics.table import Table
from ecommerce_analytics.transactions import Transactions

Request: TypeAlias = Mapping[str, Any] | bool | None

_CALLS: dict[str, Callable[..., Table]] = {
    "kpi": key_figures.summary,
    "rfm": scoring.score,
    "cohort": cohorts.retention,
    "geo": geo_aggregate.by_region,
}
_SHARED = ("as_of", "selection", "num_threads")


@dataclass(frozen=True)
class Analysis:
    """What `analyze` found; None where nothing was asked.

    Attributes
    ----------
    kpi : Table or None
        What `kpi.summary` returns.
    rfm : Table or None
        What `rfm.score` returns, or `rfm.segment` if `rules` were asked.
    cohort : Table or None
        What `cohort.retention` returns.
    geo : Table or None
        What `geo_aggregate.by_region` returns.
    """

    kpi: Table | None = None
    rfm: Table | None = None
    cohort: Table | None = None
    geo: Table | None = None


def analyze(
    source: Transactions | Iterable[Transactions],
    *,
    kpi: Request = None,
    rfm: Request = None,
    cohort: Request = None,
    geo: Request = None,
    as_of: Moment | None = None,
    selection: Selection | None = None,
    num_threads: int | None = None,
) -> Analysis:
    """Run several analyses in one pass over the rows.

    Parameters
    ----------
    source : Transactions or iterable of Transactions
        Order lines; or chunks of them, such as `read_chunks` makes, of which only one stands in
        memory at a time. An order may have lines in several chunks. If the first one has a
        quantity, freight or tax, which key figures read, all must have it.
    kpi, rfm, cohort, geo : mapping, bool or None
        Options of `kpi.summary`, `rfm.score` (and `rules` of `rfm.segment`), `cohort.retention` and
        `geo_aggregate.by_region`; True: the defaults; None or False: not asked.
    as_of : str, date, datetime, numpy.datetime64 or None
        Moment, exclusive, up to which lines count, for all of them.
    selection : Selection or None
        Which orders are summed and which customers counted, for all of them.
    num_threads : int or None
        Threads that read the rows; None: as many as there are cores allowed.

    Returns
    -------
    Analysis
        The tables, each the same as that of its own call, to the last bit.

    Raises
    ------
    InvalidArgument
        If nothing is asked, an option is unknown or stands in the wrong place, there are no chunks,
        or as the analyses.
    TypeError
        If the source is something else.

    Notes
    -----
    O(rows) once, then each analysis over the orders. Chunks take O(customers + order-days) memory
    beside the one that is read.

    Examples
    --------
    >>> import ecommerce_analytics as ea
    >>> day = lambda order, amount: ea.Transactions.from_arrays(
    ...     customer=["ann"], order=[order], timestamp=["2026-11-21"], amount=[amount])
    >>> found = ea.analyze((day("A1", "10.00"), day("A2", "2.50")), kpi=True, rfm={"n_bins": 3})
    >>> found.kpi["orders"].tolist(), found.rfm["frequency"].tolist(), found.cohort is None
    ([2], [2], True)
    """
    asked = {
        name: _options(name, request)
        for name, request in (("kpi", kpi), ("rfm", rfm), ("cohort", cohort), ("geo", geo))
        if request is not None and request is not False
    }
    if not asked:
        raise InvalidArgument("analyze: nothing is asked")
    chunks: Iterable[Transactions] = (source,) if isinstance(source, Transactions) else source
    if isinstance(source, CustomerHistory) or not isinstance(chunks, Iterable):
        raise TypeError(f"expected Transactions or chunks of them, got {type(source).__name__}")

    histories: dict[str | None, CustomerHistory] = {}
    for chunk in chunks:
        if not isinstance(chunk, Transactions):
            raise TypeError(f"a chunk must be Transactions, got {type(chunk).__name__}")
        if not histories:
            histories = _empty_histories(asked, chunk, as_of, selection)
        for history in histories.values():
            history.add(chunk, num_threads=num_threads)
    if not histories:
        raise InvalidArgument("analyze: there are no chunks; an iterator can be read once")

    tables: dict[str, Table] = {}
    for name, options in asked.items():
        rules = options.pop("rules", None)
        region = _region(name, options)
        history = next(iter(histories.values())) if region is None else histories[region]
        tables[name] = _CALLS[name](history, as_of=as_of, num_threads=num_threads, **options)
        if rules is not None:
            tables[name] = scoring.segment(tables[name], rules=rules)
    return Analysis(**tables)


def _options(name: str, request: Mapping[str, Any] | bool) -> dict[str, Any]:
    if request is True:
        return {}
    if not isinstance(request, Mapping):
        raise TypeError(f"analyze: {name} must be options or True, got {request!r}")
    options = dict(request)
    known = [*list(signature(_CALLS[name]).parameters)[1:], *(["rules"] if name == "rfm" else [])]
    for option in options:
        if option in _SHARED:
            raise InvalidArgument(f"analyze: {name}: told for all analyses at once", value=option)
        if option not in known:
            raise InvalidArgument(f"analyze: {name} has no such option", value=option)
    return options


def _region(name: str, options: Mapping[str, Any]) -> str | None:
    """Return the dimension that an analysis needs its history to keep."""
    if name == "geo":
        return str(options.get("region", "region"))
    return options.get("by") if name == "cohort" else None


def needs_of(
    asked: Mapping[str, Mapping[str, Any]], transactions: Transactions
) -> tuple[list[str], Mapping[str, Iterable[str]]]:
    """Return the measures and marks that a history must keep for analyses, by name and options."""
    measures = key_figures.measures_of(transactions) if "kpi" in asked else []
    marks: Mapping[str, Iterable[str]] = {}
    if "geo" in asked:
        more, marks = geo_aggregate.needs(transactions, asked["geo"])
        measures = list(dict.fromkeys([*measures, *more]))
    return measures, marks


def _empty_histories(
    asked: Mapping[str, Mapping[str, Any]],
    chunk: Transactions,
    as_of: Moment | None,
    selection: Selection | None,
) -> dict[str | None, CustomerHistory]:
    """Make one history, or one for each dimension that has to be kept."""
    measures, marks = needs_of(asked, chunk)
    regions = dict.fromkeys(_region(name, options) for name, options in asked.items())
    kept: list[str | None] = [region for region in regions if region is not None]
    return {
        region: CustomerHistory(
            as_of=as_of, region=region, measures=measures, marks=marks, selection=selection
        )
        for region in kept or [None]
    }
