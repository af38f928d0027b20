"""Ours and the peers on the same order lines: equal answers first, then the clock."""
