"""Results to figures: pure functions, a module for each page."""
