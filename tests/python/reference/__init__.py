"""Each definition once more: slow, obvious, in exact numbers, and without the library."""
