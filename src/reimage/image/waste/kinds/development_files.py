"""C headers, static libraries and descriptions for the linker, needed only to compile against a
library.
"""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "development_files",
    "headers and static libraries",
    paths=(
        r"usr/(local/)?include/",
        r"usr/(local/)?lib(64)?/(.*/)?[^/]+\.(a|la|o)$",
        r"usr/(local/)?(lib(64)?|share)/(.*/)?pkgconfig/",
        r".*/(site|dist)-packages/.*/include/.*\.(h|hpp|hh)$",
        r".*/(site|dist)-packages/.*\.(pxd|pyx|a)$",
    ),
)
