"""The figure that plots return: a matplotlib Figure that notebooks show by themselves, without pyplot."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

from optlab.plots import style

LARGEST_SVG = 1_000_000
"""Larger drawings, in bytes, are shown as PNG."""
NO_DATE = {"Date": None, "Creator": None}


class ShownFigure(Figure):
    """A Figure that a notebook shows as SVG, or as PNG where that would be large."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        drawing = self._drawn("svg", metadata=NO_DATE)
        if len(drawing) <= LARGEST_SVG:
            return {"image/svg+xml": drawing.decode()}
        return {"image/png": self._drawn("png")}

    def _drawn(self, kind: str, **more: Any) -> bytes:
        out = BytesIO()
        with style.applied():
            self.savefig(out, format=kind, **more)
        return out.getvalue()
