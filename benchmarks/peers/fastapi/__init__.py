"""The same endpoint in FastAPI."""
