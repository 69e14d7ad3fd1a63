"""Bodies with the fields of a user, which hypothesis draws."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st

from tests.functional.answers import FORM, JSON

NAMES = st.sampled_from(["ann", "Ann", "bob", "b.o_b@x-y", "root"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "username": NAMES,
    "password": st.sampled_from(["p", "q:", "ü"]),
    "fullname": st.sampled_from(["A", "Ü <b>&", "false"]),
}
ADMIN = {"admin": st.booleans()}
WHOLE = st.fixed_dictionaries(VALUES, optional=ADMIN)
PART = WHOLE | st.fixed_dictionaries({}, optional=VALUES | ADMIN)


@dataclass(frozen=True)
class Sent:
    """Fields as a body: JSON, or a form with words for the two booleans."""

    fields: dict[str, Any]
    words: tuple[str, str] | None = None
    twice: str = ""

    @property
    def kind(self) -> str:
        return FORM if self.words else JSON

    @property
    def body(self) -> bytes:
        pairs = [*self.fields.items(), *((self.twice, "x") for _ in self.twice[:1])]
        if self.words:
            said = {True: self.words[0], False: self.words[1]}
            return urlencode(
                [(name, said.get(v, v) if name == "admin" else v) for name, v in pairs]
            ).encode()
        return ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in pairs).join("{}").encode()


WORDS = [None, ("true", "false"), ("1", "0"), ("yes", "no"), ("on", "off"), ("TRUE", "No")]


def sending(fields: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Sent]:
    return st.builds(Sent, fields, st.sampled_from([None, *WORDS]))
