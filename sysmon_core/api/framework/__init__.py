"""Declarations of endpoints, and the modules that have Pyramid and Cornice serve them."""
