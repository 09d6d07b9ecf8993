"""Text of people as text: Streamlit takes most of what it is given for Markdown, with links, pictures and colours."""

__all__ = ["as_text"]

_MARKS = frozenset(r"\`*_{}[]()<>#+-.!|~$:&")


def as_text(text: str) -> str:
    """Give Markdown that shows exactly this text, on one line."""
    return "".join(f"\\{letter}" if letter in _MARKS else letter for letter in " ".join(text.split()))
