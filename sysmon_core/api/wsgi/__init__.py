"""Middleware around Pyramid: front door, authentication, dispatch and response cache."""
