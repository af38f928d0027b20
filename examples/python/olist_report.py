"""A report of the Olist marketplace from its CSV files; needs `ecommerce-analytics[io]`.

python examples/python/olist_report.py DIRECTORY
"""

import argparse
import sys
from pathlib import Path

import ecommerce_analytics as ea


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, help="folder with olist_order_items_dataset.csv …")
    try:
        print_report(ea.datasets.load_olist(parser.parse_args().directory))
    except ea.Error as error:  # Names the file, the row, the column and the value.
        print(error, file=sys.stderr)
        return 1
    return 0


def print_report(dataset: ea.datasets.Dataset) -> None:
    report = dataset.report
    print(f"{dataset.name}: {report.kept.money:,} {dataset.currency}")
    print(f"{report.kept.num_lines:,} lines of {report.num_orders:,} orders")
    print(f"{report.num_customers:,} customers")

    history = ea.CustomerHistory(region=dataset.region).add(dataset.transactions)
    print_months(ea.kpi.summary(history, period="month"))
    print_segments(ea.rfm.score(history))
    print_cohorts(ea.cohort.retention(history))
    print_regions(ea.geo_aggregate.by_region(history))


def print_months(months: ea.Table) -> None:
    print("\nThe best months")
    best = sorted(
        zip(months.decimals("revenue_net"), months["period"], months["orders"], strict=True),
        reverse=True,
    )
    for revenue, period, orders in best[:3]:
        print(f"  {period}  {revenue:16,}  {orders:6,} orders")


def print_segments(scores: ea.Table) -> None:
    print(f"\nSegments as of {scores.as_of}")
    # Shows that ties are not torn apart: nearly all customers have one order.
    print(f"  frequency scores reached: {scores.f_levels_used}")
    segments = ea.rfm.summarize(ea.rfm.segment(scores, rules="six"))
    for name, customers, share, days in zip(
        segments["segment"],
        segments["customers"],
        segments["revenue_share"],
        segments["mean_recency_days"],
        strict=True,
    ):
        if customers:  # Skips an empty segment, which has no mean.
            print(
                f"  {name:20}{customers:7,}{share:7.1%} of revenue, {days:.0f} days ago on average"
            )


def print_cohorts(retention: ea.Table) -> None:
    print("\nShare of a month's new customers who buy again, weighted mean over cohorts")
    means = ea.cohort.mean_retention(retention)
    for period in (1, 2, 3, 6):
        print(f"  after {period} months: {means['weighted'][period]:.4%}")


def print_regions(regions: ea.Table) -> None:
    print(f"\nThe best states of {regions.num_rows}")
    best = sorted(
        zip(
            regions.decimals("revenue"),
            regions["share"],
            regions["region"],
            regions["customers"],
            strict=True,
        ),
        reverse=True,
    )
    for revenue, share, region, customers in best[:5]:
        print(f"  {region}  {revenue:16,}  {share:6.1%}  {customers:7,} customers")


if __name__ == "__main__":
    sys.exit(main())
