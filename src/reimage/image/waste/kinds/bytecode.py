"""Python's compiled modules beside their sources. Python makes them again, at each start if it
may not write them: what they cost in bytes they save in seconds.
"""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "bytecode",
    "compiled Python beside its source",
    paths=(r"(.*/)?__pycache__/[^/]+\.pyc$",),
)
