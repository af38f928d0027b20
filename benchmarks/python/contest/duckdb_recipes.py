"""DuckDB, by SQL over a table of its own and over Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa

from contest.answers import Answer, answer_of
from contest.order_lines import AS_OF, OrderLines
from contest.timing import Contestant

Tables = dict[str, pa.Table]

_MONTH = "((year(timestamp) - 1970) * 12 + month(timestamp) - 1)"


def _num_edges_below(column: str, edges: str) -> str:
    return " + ".join(f"({column} > {edges}[{i}])::TINYINT" for i in range(1, 5))


_SCORED = f"""
, s AS MATERIALIZED (
  SELECT customer, frequency, monetary,
         (epoch_us(TIMESTAMP '{AS_OF}') - epoch_us(last)) // 86400000000 AS recency_days
  FROM customers WHERE frequency > 0
), e AS (
  SELECT quantile_cont(recency_days, [0.2, 0.4, 0.6, 0.8]) AS r,
         quantile_cont(frequency, [0.2, 0.4, 0.6, 0.8]) AS f,
         quantile_cont(monetary, [0.2, 0.4, 0.6, 0.8]) AS m
  FROM s
)
SELECT customer, recency_days, frequency, monetary,
       5 - ({_num_edges_below("recency_days", "r")}) AS r_score,
       1 + {_num_edges_below("frequency", "f")} AS f_score,
       1 + {_num_edges_below("monetary", "m")} AS m_score
FROM s, e
"""

_COHORTS = """
, firsts AS (SELECT customer, min(month) AS cohort FROM months GROUP BY customer)
SELECT cohort, month - cohort AS period, count(*) AS value
FROM months JOIN firsts USING (customer) GROUP BY ALL
"""

# Counts distinct orders in the groups.
_COUNT_DISTINCT = {
    "rfm": """
      WITH customers AS (
        SELECT customer, max(timestamp) FILTER (amount > 0) AS last,
               count(DISTINCT "order") FILTER (amount > 0) AS frequency,
               sum(amount)::BIGINT AS monetary
        FROM lines GROUP BY customer
      )"""
    + _SCORED,
    "cohort": f"""
      WITH months AS MATERIALIZED (
        SELECT DISTINCT customer, {_MONTH} AS month FROM lines WHERE amount > 0
      )"""
    + _COHORTS,
    "region": """
      SELECT region, count(DISTINCT "order") FILTER (amount > 0) AS orders,
             count(DISTINCT customer) FILTER (amount > 0) AS customers,
             sum(amount)::BIGINT AS revenue
      FROM lines GROUP BY region""",
}

# Makes the distinct orders first, then counts them.
_TWO_STEP = {
    "rfm": """
      WITH orders AS (
        SELECT customer, "order", any_value(timestamp) AS time, sum(amount) AS net,
               max(amount) > 0 AS is_purchase
        FROM lines GROUP BY customer, "order"
      ), customers AS (
        SELECT customer, max(time) FILTER (is_purchase) AS last,
               count(*) FILTER (is_purchase) AS frequency, sum(net)::BIGINT AS monetary
        FROM orders GROUP BY customer
      )"""
    + _SCORED,
    "cohort": f"""
      WITH months AS MATERIALIZED (
        SELECT customer, {_MONTH} AS month FROM lines WHERE amount > 0 GROUP BY ALL
      )"""
    + _COHORTS,
    "region": """
      WITH r AS (SELECT region, sum(amount)::BIGINT AS revenue FROM lines GROUP BY region),
      o AS (
        SELECT region, count(*) AS orders
        FROM (SELECT DISTINCT region, "order" FROM lines WHERE amount > 0) GROUP BY region
      ), c AS (
        SELECT region, count(*) AS customers
        FROM (SELECT DISTINCT region, customer FROM lines WHERE amount > 0) GROUP BY region
      )
      SELECT * FROM r JOIN o USING (region) JOIN c USING (region)""",
}


def contestants(lines: OrderLines, work: str) -> Iterator[Contestant]:
    """Yield the recipes for `work`: one of the analyses, or `all` of them."""
    on_arrow = lines.duckdb.cursor()
    on_arrow.register("arrow_lines", lines.arrow)
    for name, queries, connection, table in (
        ("DuckDB, count distinct", _COUNT_DISTINCT, lines.duckdb, "lines"),
        ("DuckDB, two-step", _TWO_STEP, lines.duckdb, "lines"),
        ("DuckDB on Arrow", _COUNT_DISTINCT, on_arrow, "arrow_lines"),
    ):
        wanted = {
            analysis: query.replace("FROM lines", f"FROM {table}")
            for analysis, query in queries.items()
            if work in (analysis, "all")
        }
        yield Contestant(name, False, _runner(connection, wanted), common_answer)


def _runner(connection: duckdb.DuckDBPyConnection, queries: dict[str, str]) -> Callable[[], Tables]:
    return lambda: {name: connection.sql(sql).to_arrow_table() for name, sql in queries.items()}


def common_answer(tables: Tables) -> Answer:
    """Read the tables as they are: their money counts cents."""
    return answer_of(tables, money_unit=100)
