"""Agreement of two segmentations, from the definition, in floating numbers."""

from collections.abc import Mapping


def kappa(ours: Mapping[str, str], theirs: Mapping[str, str]) -> float | None:
    """Return Cohen's kappa of the customers of both sides; None where it is 0 / 0."""
    both = [key for key in ours if key in theirs]
    if not both:
        return None
    observed = sum(ours[key] == theirs[key] for key in both) / len(both)
    expected = 0.0
    for segment in {*ours.values(), *theirs.values()}:
        share = sum(ours[key] == segment for key in both) / len(both)
        expected += share * sum(theirs[key] == segment for key in both) / len(both)
    return None if expected > 1 - 1e-12 else (observed - expected) / (1 - expected)
