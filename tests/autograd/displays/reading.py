"""Reads displays: are they well formed, what do they say, and what is in their pictures?"""

from __future__ import annotations

import base64
import re
import struct
import zlib
from html.parser import HTMLParser

import numpy as np

EMPTY = {"img", "br", "path", "circle", "polyline"}


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.words, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.words.append(data.strip())


def read(page):
    """(words, tags) of a display, in order; every element is closed, and nothing in it is fetched or run."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert "script" not in reader.tags
    assert not re.search(r'(src|href)="(?!data:)', page)
    return reader.words, reader.tags


def pictures(page):
    """The pixels (H, W, 4) of all pictures in a display."""
    return [decoded(base64.b64decode(data)) for data in re.findall(r"data:image/png;base64,([^\"]+)", page)]


def decoded(data):
    """The pixels of a PNG as `pictures.png` writes it."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + length
    width, height, _, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    depth = {2: 3, 6: 4}[kind]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width * depth)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, depth)
