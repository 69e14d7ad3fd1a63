"""Says what is wrong with a value that pydantic refuses, in words of ours and without the value."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

VALIDATOR_PREFIX = "Value error, "  # pydantic's, before texts of validators
SENTENCES = {  # by pydantic's types of errors; the names in braces are in their context
    "missing": "must be given",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be a text",
    "path_type": "must be a path",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} values",
    "too_long": "must have at most {max_length} values",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
LENGTH_SENTENCES = {  # of a value that pydantic knows the length of, and no more: a secret
    "too_short": "must have a length of at least {min_length}",
    "too_long": "must have a length of at most {max_length}",
}


def sentence_of(found: ErrorDetails, model: type[BaseModel]) -> str:
    """Say what a field of a model must be, given one of pydantic's errors with its context."""
    context = {name: _plain(value) for name, value in found.get("ctx", {}).items()}
    sentences = SENTENCES | (LENGTH_SENTENCES if context.get("field_type") == "Value" else {})
    if found["type"] in sentences:
        return sentences[found["type"]].format_map(context)
    if found["type"] == "string_pattern_mismatch":
        field = model.model_fields.get(str(found["loc"][0]))
        return f"must fit its description: {field.description if field else ''}"
    return without_prefix(found["msg"])


def without_prefix(message: str) -> str:
    """Return the text of a validator without what pydantic writes before it."""
    return message.removeprefix(VALIDATOR_PREFIX)


def _plain(value: Any) -> Any:
    """Return a number that is whole without its fraction: 3600, not 3600.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
