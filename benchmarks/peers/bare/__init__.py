"""The limit: a function that does nothing but answer."""
