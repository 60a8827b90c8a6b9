"""What makes an image without shell and package manager die is refused, with a sentence each.

The traps are those that real builds fell into; each has fixtures of the structural transformations.
"""

from __future__ import annotations

import pytest
from tests.fixture_cases import ROOT, Case

from reimage.rewriting import Refusal

_DISTROLESS, _SPLIT = "use_distroless_final_stage", "split_build_stage"
_SLIM, _USER = "use_slim_final_stage", "run_as_nonroot"
_COPIES, _TOOLS = "copy_only_what_runs", "drop_build_tools"
TRAPS = {
    "a shell in the command": [
        (_DISTROLESS, "refuses_shell_form", "use the exec form"),
        (_DISTROLESS, "refuses_shell_features", "use the exec form"),
        (_DISTROLESS, "refuses_a_shell_as_the_program", "starts sh"),
        (_DISTROLESS, "refuses_a_program_of_the_system", "starts env"),
        (_DISTROLESS, "refuses_a_script_for_a_shell", "a shell is needed"),
    ],
    "an entrypoint script": [
        (_DISTROLESS, "refuses_an_entrypoint_script", "a script for a shell"),
        (_SLIM, "refuses_a_script_that_is_not_there", "not known which file it is"),
        (_SLIM, "refuses_a_script_of_another_language", "another language"),
        (_SLIM, "refuses_a_program_whose_name_a_script_computes", "name it computes"),
    ],
    "a health check by another program": [
        (_DISTROLESS, "refuses_a_health_check", "HEALTHCHECK"),
        (_DISTROLESS, "refuses_a_health_check_by_curl", "HEALTHCHECK"),
        (_DISTROLESS, "refuses_a_health_check_by_wget", "HEALTHCHECK"),
    ],
    "programs that the application starts": [
        (_DISTROLESS, "refuses_sources_that_start_a_program", "starts"),
        (_DISTROLESS, "refuses_sources_that_ask_a_shell", "asks a shell"),
        (_SLIM, "refuses_sources_that_compute_a_program", "name it computes"),
        (_SLIM, "refuses_a_compiler_when_it_runs", "starts gcc"),
    ],
    "users and owners while it runs": [
        (_DISTROLESS, "refuses_an_account_that_is_not_there", "no such account"),
        (_DISTROLESS, "refuses_an_entrypoint_script_that_changes_owner_and_user", "script"),
        (_USER, "refuses_an_entrypoint_script", "may change owners or users"),
        (_USER, "refuses_a_server_that_changes_users", "started as root"),
        (_USER, "refuses_a_port_of_root", "port 80"),
    ],
    "files that are written beside the code": [
        (_USER, "refuses_sources_that_write", "writes, moves or removes"),
        (_USER, "refuses_a_database_in_a_file", "writes, moves or removes"),
        (_USER, "refuses_a_directory_to_write_to", "may write there"),
        (_USER, "refuses_a_volume", "VOLUME"),
    ],
    "locales and time zones": [
        (_DISTROLESS, "refuses_a_locale_that_is_made", "a RUN needs a shell"),
        (_DISTROLESS, "refuses_a_time_zone_that_is_set", "a RUN needs a shell"),
        (_SPLIT, "refuses_a_locale_of_dpkg", "dpkg-reconfigure"),
    ],
    "certificates": [
        (_DISTROLESS, "refuses_certificates_of_a_company", "a RUN needs a shell"),
        (_SPLIT, "refuses_certificates_of_a_company", "update-ca-certificates"),
    ],
    "name services": [(_DISTROLESS, "refuses_a_name_service", "a RUN needs a shell")],
    "/tmp": [(_DISTROLESS, "refuses_a_directory_in_tmp", "a RUN needs a shell")],
    "libraries that are opened by name": [
        (_DISTROLESS, "refuses_a_library_that_is_opened", "opens a library"),
        (_DISTROLESS, "refuses_a_library_that_is_named", "opens a library"),
        (_DISTROLESS, "refuses_a_library_of_the_full_image", "libpq5"),
        (_SLIM, "refuses_libraries_of_another_name_each_release", "Wand"),
    ],
    "glibc and musl": [
        (_DISTROLESS, "refuses_a_build_on_musl", "another C library"),
        (_SPLIT, "refuses_a_compiler_of_another_release", "not known"),
    ],
    "platforms": [
        (_DISTROLESS, "refuses_a_build_for_another_platform", "another platform"),
        (_SPLIT, "refuses_a_platform_of_the_builder", "platform"),
    ],
    "secrets and SSH mounts": [
        (_DISTROLESS, "refuses_a_secret_of_its_own", "a RUN needs a shell"),
        (_DISTROLESS, "refuses_an_ssh_mount_of_its_own", "a RUN needs a shell"),
    ],
    "arguments": [
        (_DISTROLESS, "refuses_an_argument_that_chooses_the_base", "build arguments"),
        (_SPLIT, "refuses_a_base_behind_an_argument", "build arguments"),
        (_SLIM, "refuses_a_build_argument", "build arguments"),
    ],
    "ONBUILD": [(_SPLIT, "refuses_onbuild", "ONBUILD"), (_SLIM, "refuses_onbuild", "ONBUILD")],
    "stages that others name": [
        (_DISTROLESS, "refuses_a_build_stage_with_another_use", "another stage"),
        (_DISTROLESS, "refuses_a_build_stage_of_compose", "compose.yaml:6 builds build"),
        (_DISTROLESS, "refuses_a_build_stage_of_bake", "docker-bake.hcl:10 builds build"),
        (_DISTROLESS, "refuses_a_computed_stage_of_bake", "docker-bake.json:4 computes"),
        (_DISTROLESS, "refuses_a_build_stage_of_a_makefile", "Makefile:2 builds build"),
        (_COPIES, "refuses_a_build_stage_of_compose", "compose.yaml:6 builds build"),
        (_SPLIT, "refuses_a_stage_that_compose_names_by_its_number", "by its number"),
    ],
    "what others start in the image": [
        (_SPLIT, "refuses_a_command_of_compose", "compose.yaml:3 starts npm"),
        (_SPLIT, "refuses_a_health_check_of_compose", "compose.yaml:3 starts wget"),
        (_DISTROLESS, "refuses_a_command_of_compose", "the entry point"),
        (_DISTROLESS, "refuses_a_shell_of_compose", "asks a shell"),
        (_DISTROLESS, "refuses_a_health_check_of_compose", "compose.yaml:3 starts curl"),
        (_SLIM, "refuses_a_command_of_compose", "compose.yaml:3 starts make"),
        (_USER, "refuses_a_volume_of_compose", "compose.yaml:3 mounts"),
        (_TOOLS, "refuses_a_compiler_that_compose_starts", "it starts gcc"),
    ],
}
EACH = [(trap, *case) for trap, cases in TRAPS.items() for case in cases]


@pytest.mark.parametrize(("trap", "transformation", "name", "words"), EACH)
def test_a_trap_is_refused_with_a_sentence_about_it(
    trap: str, transformation: str, name: str, words: str
) -> None:
    case = Case(transformation, ROOT / transformation / name)
    outcome = case.outcome()
    said = [
        remark.finding.message for remark in outcome.remarks if isinstance(remark.finding, Refusal)
    ]
    assert outcome.text == outcome.source
    assert any(words in message for message in said), (trap, said)


def test_there_are_thirty_of_them() -> None:
    assert len({case[1:3] for case in EACH}) >= 30
