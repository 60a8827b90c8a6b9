"""Rewrites that know what an image needs assume less, and refuse where it needs more."""

from __future__ import annotations

from tests.fixture_cases import ROOT, Case

from reimage.dockerfile import parse
from reimage.model.built_image import BuiltImage, Loaded
from reimage.rewriting import Claim, Evidence, Outcome, Refusal, rewrite


def outcome(transformation: str, name: str, built: BuiltImage) -> Outcome:
    case = Case(transformation, ROOT / transformation / name)
    assert case.context is not None
    return rewrite(
        parse(case.source).tree,
        case.transformations,
        allow=Claim.SAME_BEHAVIOUR,
        context=case.context._replace(built=built),
    )


def refusals(found: Outcome) -> list[str]:
    return [each.finding.message for each in found.remarks if isinstance(each.finding, Refusal)]


def test_the_library_behind_an_unknown_package_is_installed() -> None:
    built = BuiltImage(behind={"libexotic-dev": ("libexotic1", "libc6")})
    found = outcome("split_build_stage", "refuses_an_unknown_library", built)
    (only,) = found.applied
    assert "--no-install-recommends libexotic1 \\" in found.text
    assert only.finding.evidence is Evidence.BUILT
    assert "assumes that no package needs a program which" in only.finding.message


def test_libraries_have_the_names_of_their_release() -> None:
    built = BuiltImage(
        (Loaded("usr/lib/x86_64-linux-gnu/libpq.so.5.15", "libpq5t64", "usr/x.so"),),
        {"libpq-dev": ("libpq5t64",)},
    )
    found = outcome("split_build_stage", "example", built)
    assert "--no-install-recommends libpq5t64 curl" in found.text


def test_a_library_that_no_package_brings_keeps_the_base() -> None:
    built = BuiltImage((Loaded("usr/local/lib/libown.so", None, "usr/local/x.so"),))
    found = outcome("split_build_stage", "example", built)
    assert found.text == found.source
    assert "/usr/local/x.so loads /usr/local/lib/libown.so" in refusals(found)[0]


def test_a_library_that_a_distroless_image_lacks_keeps_the_shell() -> None:
    built = BuiltImage(
        (Loaded("usr/lib/x86_64-linux-gnu/libreadline.so.8.2", "libreadline8", "x"),)
    )
    found = outcome("use_distroless_final_stage", "carries_the_interpreter", built)
    assert found.text == found.source
    assert "/x loads libreadline.so.8.2, which is not in a distroless image" in refusals(found)[0]


def test_what_the_distroless_end_brings_is_no_obstacle() -> None:
    loaded = ("libc.so.6", "libz.so.1.2.13", "libstdc++.so.6.0.30", "libssl.so.3", "libgomp.so.1")
    built = BuiltImage(tuple(Loaded(f"usr/lib/{name}", "any", "x") for name in loaded))
    found = outcome("use_distroless_final_stage", "carries_the_interpreter", built)
    assert [one.finding.evidence for one in found.applied] == [Evidence.BUILT]
