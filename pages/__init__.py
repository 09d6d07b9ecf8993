"""The Streamlit pages: thin, they call ``cases``, ``viewer`` and ``quizzes`` and draw."""
