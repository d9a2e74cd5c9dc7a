"""Figures inside the page: small drawings as SVG, large ones as a picture, each with links to its files."""

from __future__ import annotations

import os
import warnings
from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from optlab.plots import style
from optlab.plots.save import Picture
from optlab.plots.svg import inline

LARGEST_SVG = 300_000
"""Larger drawings, in bytes, are shown as pictures: a page of them would be slow and heavy."""
LONGEST = 16_383
"""Pixels of a side that WebP allows; larger pictures are made smaller."""
QUALITY = 80
"""Of the pictures, in percent; the PNG beside the page is exact."""


def figure(picture: Picture, folder: Path, number: int) -> str:
    """Return a drawn plot as a figure with its caption, or say why there is none."""
    title = f"Figure {number}, {escape(picture.name)}"
    by_kind = {path.suffix: path for path in picture.files}
    if picture.problem or ".svg" not in by_kind:
        return f"<p><b>{title}</b>: not drawn, {escape(picture.problem or 'no SVG')}.</p>"
    drawing, dots = by_kind[".svg"], by_kind.get(".png")
    if dots is not None and drawing.stat().st_size > LARGEST_SVG:
        shown = _image(dots, picture.name)
    else:
        shown = inline(drawing.read_text(encoding="utf-8"), picture.name)
    return (
        f'<figure id="{escape(picture.name)}"><div class="wide">{shown}</div>'
        f"<figcaption><b>{title}.</b> {escape(picture.caption)} {links(picture.files, folder)}</figcaption></figure>"
    )


def links(paths: tuple[Path, ...] | list[Path], folder: Path) -> str:
    """Return links to files, relative to the page's folder, named by their kinds."""
    there = ", ".join(
        f'<a href="{quote(Path(os.path.relpath(path, folder)).as_posix())}">{path.suffix[1:].upper()}</a>'
        for path in paths
        if path.suffix != ".txt"
    )
    return f'<span class="links">{there}</span>'


def _image(path: Path, name: str) -> str:
    """A PNG as an element that carries it inside, smaller by an encoding that leaves details out."""
    import matplotlib as mpl
    from PIL import Image

    out = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # it is our own
        with Image.open(path) as dots:
            width, height = dots.size
            shown = dots.convert("RGB")
    shown.thumbnail((LONGEST, LONGEST))
    shown.save(out, format="webp", quality=QUALITY, method=4)
    source = f"data:image/webp;base64,{b64encode(out.getvalue()).decode()}"
    with style.applied():
        points = 72 * width / float(mpl.rcParams["savefig.dpi"])
    return (
        f'<img alt="{escape(name)}" width="{width}" height="{height}" style="--width: {points:.4g}pt" src="{source}">'
    )
