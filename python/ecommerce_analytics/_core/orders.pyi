from __future__ import annotations
import collections.abc
import ecommerce_analytics._core
import typing
__all__: list[str] = ['CustomerList', 'LineList', 'OrderList', 'list_customers', 'list_lines', 'list_orders']
class OrderList(ecommerce_analytics._core.Table):
    """
    One row per order that counts.
    """
class LineList(ecommerce_analytics._core.Table):
    """
    One row per order line.
    """
class CustomerList(ecommerce_analytics._core.Table):
    """
    One row per known customer with an order that counts.
    """
def list_customers(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, sort: str = 'customer', descending: bool = False, limit: typing.SupportsInt | typing.SupportsIndex | None = None) -> CustomerList:
    """
    See ecommerce_analytics.orders.list_customers.
    """
def list_lines(transactions: ecommerce_analytics._core.Transactions, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, orders: ecommerce_analytics._core.KeyColumn | None = None, kinds: collections.abc.Sequence[str] | None = None, descending: bool = False, limit: typing.SupportsInt | typing.SupportsIndex | None = None, selection: ecommerce_analytics._core.Selection, num_threads: typing.SupportsInt | typing.SupportsIndex = 0) -> LineList:
    """
    See ecommerce_analytics.orders.list_lines.
    """
def list_orders(history: ecommerce_analytics._core.CustomerHistory, *, as_of_us: typing.SupportsInt | typing.SupportsIndex | None = None, customers: ecommerce_analytics._core.KeyColumn | None = None, sort: str = 'time', descending: bool = False, limit: typing.SupportsInt | typing.SupportsIndex | None = None) -> OrderList:
    """
    See ecommerce_analytics.orders.list_orders.
    """
