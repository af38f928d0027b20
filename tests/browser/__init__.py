"""The dashboard in a real browser: what people see, against what the library says."""
