"""Test suites and fixtures inside installed packages and of the language's own library."""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "test_suites",
    "tests of installed packages",
    paths=(
        r".*/(site|dist)-packages/(.*/)?(tests?|testing/tests|_tests)/",
        r"usr/(local/)?lib/python[\d.]+/(test|unittest/test|idlelib/idle_test|lib2to3/tests|ctypes/test|distutils/tests|sqlite3/test|tkinter/test)/",
        r"(.*/)?node_modules/(.*/)?(tests?|__tests__|spec|fixtures)/",
        r"(.*/)?node_modules/.*\.(test|spec)\.[cm]?[jt]s$",
        r".*/gems/[^/]+/(test|spec)/",
    ),
)
