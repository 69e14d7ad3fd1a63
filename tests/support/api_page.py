"""The examples of docs/api.md: commands, and their output as a site gives it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from tests.support.json_text import laid_out

PROMPT, INDENT = "    $ ", "    "
PART = re.compile(r"(?P<lines> {4}\$ (?:.*\\\n)*.*)\n(?P<output>(?:(?: {4}.*)?\n)*)")
ASSIGNMENT = re.compile(r"(\w+)=(.*)")
COPIED = {"token": "token", "task": "id", "etag": "etag"}  # variables of a reader: from where
HEADERS = frozenset(  # what a command with -i shows of them
    ("location", "link", "etag", "preference-applied", "www-authenticate", "set-cookie")
)


@dataclass
class Example:
    """A command of the page as it stands there, and its output."""

    lines: str
    output: str = ""

    @property
    def command(self) -> str:
        """The command in one line, as bash takes it."""
        return re.sub(r"\\\n +", "", self.lines.removeprefix(PROMPT)).strip()

    def __str__(self) -> str:
        output = "".join(f"{INDENT}{line}".rstrip() + "\n" for line in self.output.splitlines())
        return f"{self.lines}\n{output}\n"


def parts_of(page: str) -> list[str | Example]:
    """The examples of a page, and the text between them; ``str`` of all is the page again."""
    found: list[str | Example] = []
    for part in re.split(r"^(?=    \$ )", page, flags=re.MULTILINE):
        example = PART.match(part)
        if example:
            output = re.sub(rf"^{INDENT}", "", example["output"], flags=re.MULTILINE).strip("\n")
            found += [Example(example["lines"], output), part[example.end() :]]
        else:
            found.append(part)
    return found


@dataclass
class Shown:
    """What a command gave: the status, the headers of the page, the body."""

    status: int
    headers: list[str]
    body: str

    def text(self, command: str) -> str:
        """The output as the page has it: with the headers where the command asks for them."""
        parts = [*self.headers, ""] if re.search(" -[iI] ", command) else []
        return "\n".join([*parts, self._body()]).strip("\n")

    def _body(self) -> str:
        try:
            return laid_out(json.loads(self.body))
        except ValueError:
            return self.body


@dataclass
class Shell:
    """Runs the commands of the page; what an answer gave stands in for what the page assigns."""

    url: str
    admin: str
    cwd: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> Shown | None:
        """Run a command; None for an assignment."""
        if assigned := ASSIGNMENT.fullmatch(command):
            self._assign(assigned[1], assigned[2])
            return None
        words = command.replace("-u admin ", f"-u {self.admin} ").replace("curl ", "curl -sSi ", 1)
        environ = {**self.variables, "PATH": os.environ["PATH"], "url": self.url}
        done = subprocess.run(
            ["bash", "-c", words], env=environ, cwd=self.cwd, capture_output=True, check=True
        )
        head, _, body = done.stdout.decode().replace("\r\n", "\n").partition("\n\n")
        first, *headers = head.split("\n")
        shown = [first, *(one for one in headers if one.partition(":")[0].lower() in HEADERS)]
        self._keep(body, headers)
        return Shown(int(first.split()[1]), shown, body)

    def _assign(self, name: str, text: str) -> None:
        if name in COPIED:
            assert COPIED[name] in self.variables, f"no answer has had {COPIED[name]}"
            self.variables[name] = self.variables[COPIED[name]]
        elif name != "url":
            self.variables[name] = Template(text.strip('"')).substitute(self.variables)

    def _keep(self, body: str, headers: list[str]) -> None:
        """Keep what an answer has that a reader would copy."""
        for one in headers:
            if one.lower().startswith("etag: "):
                self.variables["etag"] = one[len("etag: ") :]
        with contextlib.suppress(ValueError):
            found: Any = json.loads(body)
            self.variables |= {name: str(found[name]) for name in COPIED.values() if name in found}
