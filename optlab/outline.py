"""What a list of classes needs of a source file: its docstring and its classes, without what their methods do.

A list reads every file of a catalogue. Parsing all of them whole would cost half a second; their outlines are parsed in
a tenth of it.
"""

from __future__ import annotations

import re

BLOCK = re.compile(r'\A"""(?:.*?)"""|^class .*?(?=^[^\s)#]|\Z)', re.MULTILINE | re.DOTALL)
"""The docstring of a file; a class statement, up to the next line that begins at the margin."""
METHOD = re.compile(r"^    def (\w+)\(.*?(?=^(?:    )?[^\s)#]|\Z)", re.MULTILINE | re.DOTALL)
"""A method, up to the next line that is indented as its class body is, or less."""


def outline(text: str) -> str:
    """Return the source of the docstring and the classes of a file, methods empty; every line keeps its number.

    The file has to be written as ruff formats it, and no line of a string in a method may begin further left than code
    there could: so it is for the files of this project, whose outlines a test compares with the whole.
    """
    parts: list[str] = []
    line = 0
    for block in BLOCK.finditer(text):
        parts.append("\n" * (text.count("\n", 0, block.start()) - line))
        parts.append(METHOD.sub(lambda method: f"    def {method[1]}(): ..." + "\n" * method[0].count("\n"), block[0]))
        line = text.count("\n", 0, block.end())
    return "".join(parts)
