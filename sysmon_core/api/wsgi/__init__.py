"""Middleware around Pyramid: outermost, authentication, response cache and dispatch."""
