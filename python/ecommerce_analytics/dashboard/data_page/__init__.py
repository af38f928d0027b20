"""The parts of the page Data: the source, an upload, the dictionary, exports."""
