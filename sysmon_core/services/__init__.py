"""The rules, free of HTTP, Cornice and Dramatiq."""
