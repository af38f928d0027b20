from __future__ import annotations
import ecommerce_analytics._core
import typing
__all__: list[str] = ['Bridge', 'ByInstallments', 'ByType', 'Payments', 'RevenueByType', 'by_installments', 'by_installments_of', 'by_type', 'by_type_of', 'orders_with', 'read', 'revenue_bridge', 'revenue_by_type']
class ByType(ecommerce_analytics._core.Table):
    """
    One row per type of payment.
    """
class ByInstallments(ecommerce_analytics._core.Table):
    """
    One row per instalments.
    """
class RevenueByType(ecommerce_analytics._core.Table):
    """
    Net revenue by type of payment.
    """
class Bridge(ecommerce_analytics._core.Table):
    """
    From the lines of a shop to what was paid.
    """
class Payments:
    """
    What was paid for each order, immutable.
    """
    @property
    def currency(self) -> str:
        ...
    @property
    def has_installments(self) -> bool:
        ...
    @property
    def num_orders(self) -> int:
        ...
    @property
    def num_rows(self) -> int:
        ...
def by_installments(payments: Payments) -> ByInstallments:
    """
    See ecommerce_analytics.payments.by_installments.
    """
def by_installments_of(payments: Payments, history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None) -> ByInstallments:
    """
    See ecommerce_analytics.payments.by_installments.
    """
def by_type(payments: Payments) -> ByType:
    """
    See ecommerce_analytics.payments.by_type.
    """
def by_type_of(payments: Payments, history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, period: str | None = None) -> ByType:
    """
    See ecommerce_analytics.payments.by_type.
    """
def orders_with(payments: Payments, types: ecommerce_analytics._core.KeyColumn) -> ecommerce_analytics._core.KeyColumn:
    """
    See ecommerce_analytics.Selection.
    """
def read(stream: typing.Any, *, order: str, payment_type: str, amount: str, source_row: str, installments: str, rounding: ecommerce_analytics._core.Rounding, integer_unit: ecommerce_analytics._core.IntegerUnit, currency: str) -> Payments:
    """
    See ecommerce_analytics.Payments.from_arrow.
    """
def revenue_bridge(history: ecommerce_analytics._core.CustomerHistory, payments: Payments | None = None, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None) -> Bridge:
    """
    See ecommerce_analytics.payments.revenue_bridge.
    """
def revenue_by_type(payments: Payments, history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None) -> RevenueByType:
    """
    See ecommerce_analytics.payments.revenue_by_type.
    """
