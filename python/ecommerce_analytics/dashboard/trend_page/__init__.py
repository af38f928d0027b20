"""The parts of the page Trends: series, patterns, years."""
