"""What `inspect` and `compare` found, as plain data that every report reads.

Lines are 1-based, sizes bytes, times seconds. Paths of files in images begin with a slash.
"""

from typing import NamedTuple


class RowReport(NamedTuple):
    """What one instruction put into the image; where no Dockerfile fits, a step of its history.

    `kind` is `base` (FROM, with all that its image brings), `instruction`, `step` or `layer`.
    `layers` are indexes, `total` is the sum up to here.
    """

    kind: str
    line: int | None
    end_line: int | None
    text: str
    layers: tuple[int, ...]
    added: int
    wasted: int
    total: int


class LayerReport(NamedTuple):
    """A layer. `size` is the content of its files; `compressed_size` is null if nobody knows.

    `line` is that of the instruction that made it, FROM's for those of the base image.
    """

    digest: str
    size: int
    compressed_size: int | None
    line: int | None
    created_by: str
    wasted: int
    files: int


class ConfigReport(NamedTuple):
    """How containers of the image run."""

    env: dict[str, str]
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]
    user: str
    workdir: str
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    labels: dict[str, str]
    stop_signal: str
    healthcheck: tuple[str, ...]
    shell: tuple[str, ...]
    onbuild: tuple[str, ...]


class TouchReport(NamedTuple):
    """A build after `path` was edited. `new_bytes` must be pushed and pulled again."""

    path: str
    build_seconds: float
    cached_steps: int
    steps: int
    new_bytes: int | None


class ImageReport(NamedTuple):
    """An image. `name` is what was asked for, `dockerfile` the file that its lines speak of.

    `digest` is that of the manifest; an Engine's older store calls `config_digest` the image's ID.

    `build_seconds`, `steps` and `cached_steps` are null unless it was built for this report,
    `touched` and `build_again_seconds` unless `--touch` and `--again` asked for them.
    """

    name: str
    dockerfile: str | None
    digest: str
    config_digest: str
    platform: str
    size: int
    compressed_size: int | None
    wasted: int
    layers: tuple[LayerReport, ...]
    rows: tuple[RowReport, ...]
    config: ConfigReport
    build_seconds: float | None
    cached_steps: int | None
    steps: int | None
    touched: TouchReport | None
    build_again_seconds: float | None = None


class Offender(NamedTuple):
    """All waste of one kind that one line brings. `cures` are transformations that avoid it."""

    line: int | None
    layers: tuple[int, ...]
    instruction: str
    kind: str
    reason: str
    size: int
    files: int
    example: str
    cures: tuple[str, ...]


class WastedFile(NamedTuple):
    """A file nobody needs. `hidden_by` is the line that deleted or replaced it."""

    kind: str
    path: str
    size: int
    layer: int
    line: int | None
    hidden_by: int | None


class SizedFile(NamedTuple):
    """A file that containers see, with the line that brought it."""

    path: str
    size: int
    layer: int
    line: int | None


class NeededPackage(NamedTuple):
    """A package, and how much of it the image's command needs."""

    manager: str
    name: str
    version: str
    size: int | None
    needed_files: int


class MissingFile(NamedTuple):
    """What `by` asks for and the image lacks; `optional` if `by` may never run."""

    name: str
    by: str
    optional: bool


class ClosureReport(NamedTuple):
    """What the command needs at run time, of all that is there."""

    command: tuple[str, ...]
    files: int
    size: int
    all_files: int
    all_size: int
    missing: tuple[MissingFile, ...]
    packages: tuple[NeededPackage, ...]


class InspectReport(NamedTuple):
    """An image, line by line. `waste`, `files` and `closure` are there when asked for."""

    tool_version: str
    image: ImageReport
    notes: tuple[str, ...]
    offenders: tuple[Offender, ...]
    waste: tuple[WastedFile, ...] | None
    files: tuple[SizedFile, ...] | None
    closure: ClosureReport | None
