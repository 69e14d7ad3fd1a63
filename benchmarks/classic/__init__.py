"""The classic way to the same endpoints: Flask, Flask-RESTful and Celery; the benchmarks' peer."""
