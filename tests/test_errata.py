"""Every erratum of the texts is reproduced: the blocks of docs/errata.md pass."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

import optlab
from optlab import numerics

TEXT = (Path(__file__).parents[1] / "docs" / "errata.md").read_text()
ENTRIES = re.findall(r"^### (E\d\d) \((\d{3})\) (.+?)$(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_all_29_are_there_in_order():
    assert [number for number, *_ in ENTRIES] == [f"E{i:02}" for i in range(1, 30)]
    assert {text for _, text, *_ in ENTRIES} == {"000", "001", "003", "004"}


@pytest.mark.parametrize("number", [number for number, *_ in ENTRIES])
def test_each_is_reproduced(number):
    body = next(body for there, _, _, body in ENTRIES if there == number)
    blocks = BLOCK.findall(body)
    assert len(blocks) == 1, f"{number} needs one block"
    assert "assert" in blocks[0]
    exec(
        compile(blocks[0], f"errata.md:{number}", "exec"),
        {"np": np, "math": math, "numerics": numerics, "optlab": optlab},
    )
