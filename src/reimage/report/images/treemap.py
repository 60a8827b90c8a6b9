"""Rectangles in proportion to bytes: folders in folders, or lines with what they brought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from reimage.report.building.figures import size

if TYPE_CHECKING:
    from reimage.pipeline.images.results import ImageReport, SizedFile

WIDTH, HEIGHT = 1000.0, 520.0
_HEAD = 18.0
_SMALLEST = 60.0
_DEEPEST = 6
_LABEL = 6.6


class Box(NamedTuple):
    """A rectangle; `label` is what fits into it, `title` the whole."""

    x: float
    y: float
    width: float
    height: float
    depth: int
    hue: int
    label: str
    title: str


@dataclass
class _Node:
    name: str
    size: int = 0
    inside: dict[str, _Node] = field(default_factory=dict)

    def add(self, parts: Iterable[str], bytes_: int) -> None:
        node = self
        node.size += bytes_
        for part in parts:
            node = node.inside.setdefault(part, _Node(part))
            node.size += bytes_


def by_path(files: Iterable[SizedFile]) -> list[Box]:
    """The image's folders and files."""
    root = _Node("/")
    for file in files:
        root.add(file.path.strip("/").split("/"), file.size)
    return _boxes(root, "")


def by_line(files: Iterable[SizedFile], image: ImageReport) -> list[Box]:
    """The lines of the Dockerfile, and in each the files that containers see of it."""
    names = {}
    for row in image.rows:
        for layer in row.layers:
            names[layer] = f"{row.line}: {row.text}" if row.line is not None else row.text
    root = _Node("")
    for file in files:
        name = names.get(file.layer, "?")
        # A space keeps a line from being taken for a folder's name.
        root.add([f"{name} ", *file.path.strip("/").split("/")], file.size)
    return _boxes(root, "")


def _boxes(root: _Node, path: str) -> list[Box]:
    found: list[Box] = []
    _fill(root, path, (0.0, 0.0, WIDTH, HEIGHT), 0, 0, found)
    return found


def _fill(
    node: _Node,
    path: str,
    room: tuple[float, float, float, float],
    depth: int,
    hue: int,
    found: list[Box],
) -> None:
    import squarify

    x, y, width, height = room
    folded = (_folded(it) for it in node.inside.values() if it.size)
    inside = sorted(folded, key=lambda it: -it.size)
    if not inside or width * height < _SMALLEST * 4 or depth >= _DEEPEST:
        return
    areas = squarify.normalize_sizes([it.size for it in inside], width, height)
    # What would not be seen is left to the surface of the folder around it.
    shown = [area for area in areas if area >= _SMALLEST]
    if not shown:
        return
    if len(shown) < len(areas):
        shown.append(sum(areas[len(shown) :]))
    boxes = squarify.squarify(shown, x, y, width, height)
    for number, (each, box) in enumerate(zip(inside, boxes, strict=False)):
        if areas[number] < _SMALLEST:
            break
        # Nearly all of an image may be below one folder: colours tell two levels apart.
        colour = (hue + number * 47) % 360 if depth < 2 else hue
        name = f"{path}/{each.name}" if not each.name.endswith(" ") else each.name.strip()
        place = (box["x"], box["y"], box["dx"], box["dy"])
        found.append(_box(each, name, place, depth, colour))
        below = (place[0] + 2, place[1] + _HEAD, place[2] - 4, place[3] - _HEAD - 2)
        if below[2] > 4 and below[3] > 4:
            nested = "" if each.name.endswith(" ") else name
            _fill(each, nested, below, depth + 1, colour, found)


def _folded(node: _Node) -> _Node:
    """A folder that holds nothing but a folder is one with it."""
    while len(node.inside) == 1 and not node.name.endswith(" "):
        (only,) = node.inside.values()
        if not only.inside:
            break
        node = _Node(f"{node.name}/{only.name}", only.size, only.inside)
    return node


def _box(
    node: _Node, name: str, place: tuple[float, float, float, float], depth: int, hue: int
) -> Box:
    x, y, width, height = place
    letters = int((width - 6) / _LABEL)
    text = f"{node.name.strip()} {size(node.size)}"
    label = text if len(text) <= letters else node.name.strip()
    if len(label) > letters:
        label = f"{label[: letters - 1]}…" if letters > 3 else ""
    if height < _HEAD - 3:
        label = ""
    return Box(x, y, width, height, depth, hue, label, f"{name}: {size(node.size)}")
