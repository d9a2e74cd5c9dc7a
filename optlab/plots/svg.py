"""SVG figures inside an HTML page."""

from __future__ import annotations

import re
from html import escape

UNWANTED = re.compile(r"<metadata>.*?</metadata>|<title>.*?</title>|<style.*?</style>", re.DOTALL)
"""What would reach beyond the figure: style rules, a tooltip over all of it, addresses."""


def inline(svg: str, name: str) -> str:
    """Return an SVG document as an element of an HTML page, its ids made unique by the figure's name."""
    head, _, body = UNWANTED.sub("", svg[svg.index("<svg") :]).partition(">")
    box, width = re.search(r'viewBox="[^"]*"', head), re.search(r'width="([\d.]+)pt"', head)
    prefix = re.sub(r"\W", "_", name) + "-"
    body = body.replace("xlink:href=", "href=")
    body = re.sub(r'\bid="|\bhref="#|url\(#', lambda found: found.group() + prefix, body)
    size = f'style="--width: {width.group(1)}pt"' if width else ""
    return f'<svg role="img" aria-label="{escape(name)}" {box.group() if box else ""} {size}>{body.rstrip()}'
