"""Compilers, linkers and build programs, which a finished application does not call. An image
for building has them on purpose.
"""

from reimage.image.waste.kind import Kind

KIND = Kind(
    "build_tools",
    "compilers and what they need",
    paths=(
        r"usr/(local/)?(lib|lib64|libexec)/gcc(-cross)?/.*/(cc1|cc1plus|cc1obj|collect2|f951|lto1|lto-wrapper|g\+\+-mapper-server)$",
        r"usr/(local/)?bin/([a-z0-9_]+-linux-(gnu|musl)[a-z0-9]*-)?(gcc|g\+\+|cpp|c\+\+|cc|gcov|gcov-tool|gcov-dump|lto-dump|ld|ld\.bfd|ld\.gold|dwp|as|gprof|objdump|objcopy|readelf|nm|ar|ranlib|strip)(-\d+)?$",
        r"usr/(local/)?bin/(make|cmake|ctest|cpack|ninja|meson|autoconf|automake|libtool|m4|bison|flex|clang.*|lld.*|rustc|cargo|swig)$",
        r"usr/(local/)?lib/llvm-\d+/bin/",
        r"usr/lib/[^/]+/lib(bfd|opcodes|ctf|gprofng)[^/]*\.so[^/]*$",
        r"usr/share/(cmake|cmake-[\d.]+|autoconf|automake-[\d.]+|libtool)/",
        r"usr/local/go/(pkg/tool|src|test)/",
        r"usr/local/rustup/",
    ),
)
