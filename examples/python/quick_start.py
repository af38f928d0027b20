"""Who buys, who is being lost, who comes back, and where: with numpy alone.

python examples/python/quick_start.py
"""

import numpy as np

import ecommerce_analytics as ea


def draw_lines(num_customers: int = 2_000, random_state: int = 0) -> dict[str, np.ndarray]:
    """Draw the order lines of a year: integer keys, times, exact prices as text, states."""
    random = np.random.default_rng(random_state)
    orders_of_customer = random.geometric(0.4, num_customers)
    customer = np.repeat(np.arange(num_customers), orders_of_customer)
    days = random.integers(0, 365, len(customer)).astype("timedelta64[D]")
    cents = random.integers(500, 50_000, len(customer))
    states = np.array(["MG", "PR", "RJ", "SP"])
    return {
        "customer": customer,
        "order": np.arange(len(customer)),
        "timestamp": np.datetime64("2025-01-01", "us") + days,
        "amount": np.array([f"{amount // 100}.{amount % 100:02}" for amount in cents.tolist()]),
        "region": states[customer % len(states)],
    }


def main() -> None:
    transactions = ea.Transactions.from_arrays(**draw_lines(), currency="BRL")
    print(transactions)
    print(f"money that came in: {transactions.report.kept.money} {transactions.currency}")

    # One pass over the lines; every analysis reads the history.
    history = ea.CustomerHistory(region="region").add(transactions)

    total = ea.kpi.summary(history)
    print(f"\nnet revenue {total.decimals('revenue_net')[0]}, orders {total['orders'][0]}")
    print(f"customers {total['customers'][0]}, of which came back {total['repeat_rate'][0]:.1%}")

    segments = ea.rfm.summarize(ea.rfm.segment(ea.rfm.score(history)))
    print(f"\n{'segment':22}{'customers':>10}{'revenue':>16}{'share':>8}")
    for name, customers, revenue, share in zip(
        segments["segment"],
        segments["customers"],
        segments.decimals("revenue"),
        segments["revenue_share"],
        strict=True,
    ):
        print(f"{name:22}{customers:10}{revenue:16}{share:8.1%}")

    means = ea.cohort.mean_retention(ea.cohort.retention(history))
    print("\nretention of all cohorts together")
    for period, weighted in list(zip(means["period"], means["weighted"], strict=True))[:7]:
        print(f"  month {period}: {weighted:.1%}")

    regions = ea.geo_aggregate.by_region(history)
    print(f"\n{'region':8}{'orders':>8}{'customers':>11}{'revenue':>16}")
    for name, orders, customers, revenue in zip(
        regions["region"],
        regions["orders"],
        regions["customers"],
        regions.decimals("revenue"),
        strict=True,
    ):
        print(f"{name:8}{orders:8}{customers:11}{revenue:16}")


if __name__ == "__main__":
    main()
