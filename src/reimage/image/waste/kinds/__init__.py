"""The kinds of waste. Content that is waste for several reasons counts for the first of them."""

from reimage.image.waste.kinds import (
    build_tools,
    bytecode,
    copied_up,
    deleted,
    development_files,
    documentation,
    download_caches,
    duplicates,
    logs,
    package_lists,
    replaced,
    test_suites,
    version_control,
)

KINDS = (
    deleted.KIND,
    replaced.KIND,
    copied_up.KIND,
    package_lists.KIND,
    download_caches.KIND,
    logs.KIND,
    version_control.KIND,
    documentation.KIND,
    test_suites.KIND,
    bytecode.KIND,
    development_files.KIND,
    build_tools.KIND,
    duplicates.KIND,
)
