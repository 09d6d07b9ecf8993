"""Measures Readout beside the page that Streamlit's own parts would give: ``python -m tests.bench``."""
