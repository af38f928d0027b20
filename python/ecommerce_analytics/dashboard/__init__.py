"""The dashboard: widgets, calls of the library, charts; it computes nothing of its own.

`app.py` is what Streamlit runs; `shop` (a prepared source and what is asked of it), `charts`
(results to figures) and `theme` need no Streamlit, and serve notebooks as well.
"""
