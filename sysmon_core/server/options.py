"""The options of the server in ``[server:main]``; the address is the setting ``listen``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sysmon_core.errors import ConfigurationError
from sysmon_core.suggestion import suggestion

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Options(BaseModel):
    """The options: each field is one, with its type, default and help."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    processes: Count = Field(1, description="How many processes serve the same addresses.")
    connection_limit: Count = Field(
        2000, description="Connections of each process; further ones wait to be accepted."
    )
    header_timeout: Seconds = Field(
        30, description="Seconds for the headers of a request, and between two requests."
    )
    body_timeout: Seconds = Field(10, description="Seconds for the body of a request.")
    send_timeout: Seconds = Field(
        30, description="Seconds after which a client that reads nothing is disconnected."
    )
    shutdown_timeout: Seconds = Field(
        10, description="Seconds that open requests may still take after TERM, INT or HUP."
    )
    max_header_size: Annotated[int, Field(ge=8192)] = Field(
        16384, description="Bytes that the headers of a request may have."
    )

    @classmethod
    def of(cls, ini: Mapping[str, str]) -> Self:
        """Make the options from the section of the ini file.

        Raises:
            ConfigurationError: a name is unknown, or a value is wrong.
        """
        try:
            return cls.model_validate(dict(ini))
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            reason = _unknown(name) if first["type"] == "extra_forbidden" else first["msg"]
            raise ConfigurationError(
                f"The option {name} of the server in the ini file is wrong: {reason}"
            ) from None


def _unknown(name: str) -> str:
    known = suggestion(name, Options.model_fields) or f"there are {', '.join(Options.model_fields)}"
    return f"there is no such option; {known}"
