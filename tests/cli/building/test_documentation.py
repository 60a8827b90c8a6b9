"""docs/build.md speaks of the flags that there are."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

from typer.models import OptionInfo

from reimage.cli.building.flags import Flags

PAGE = Path(__file__).parents[3] / "docs" / "build.md"


def flags() -> set[str]:
    found: set[str] = set()
    for annotation in get_type_hints(Flags, include_extras=True).values():
        option = get_args(annotation)[-1]
        if isinstance(option, OptionInfo):
            found |= {name for name in [option.default, *(option.param_decls or ())] if name}
    return found


def test_every_flag_is_in_the_table_and_every_flag_of_the_table_is_there() -> None:
    table = PAGE.read_text("utf-8").split("\n## Flags\n")[1].split("\nWhat is different")[0]
    rows = [line.split("|")[1] for line in table.split("\n") if line.startswith("| `")]
    told = {flag for row in rows for flag in re.findall(r"`(--?[a-z-]+|-D)`", row)}
    assert told == flags()
    assert len(told) > 35
