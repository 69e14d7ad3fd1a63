"""The page: what version 4 knows, for people in a browser.

Views ask the services that version 4 asks, and Jinja2 renders the answers, so that a page can be
read without scripts. The scripts in ``static/`` use version 4 over HTTP alone.
"""
