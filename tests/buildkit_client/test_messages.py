"""Messages: made from the .proto files, private to the package."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool

import buildkit_client
from buildkit_client import messages

PACKAGE = Path(buildkit_client.__file__).parent


def test_what_is_shipped_is_what_the_proto_files_say() -> None:
    script = Path(__file__).parent / "generate_messages.py"
    assert subprocess.run([sys.executable, script, "--check"]).returncode == 0


def test_each_message_of_the_stub_can_be_made_and_read() -> None:
    stub = ast.parse((PACKAGE / "messages.pyi").read_text())
    names = [node.name for node in stub.body if isinstance(node, ast.ClassDef)]
    assert len(names) > 50
    for name in names:
        if not name.startswith("_"):
            kind = getattr(messages, name)
            assert kind.FromString(b"").SerializeToString() == b""


def test_an_unknown_message_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no message Nope"):
        _ = messages.Nope  # type: ignore[attr-defined]


def test_the_global_pool_of_protobuf_knows_nothing_of_them() -> None:
    assert messages.SolveRequest(ref="r").SerializeToString() == b"\n\x01r"
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("buildkit_client.SolveRequest")


def test_fields_that_bring_a_daemon_down_cannot_be_said() -> None:
    fields = messages.BuildHistoryRequest.DESCRIPTOR.fields  # type: ignore[attr-defined]
    assert {field.name for field in fields} == {"active_only", "ref", "early_exit"}


def test_every_public_name_is_where_it_is_said_to_be() -> None:
    assert set(buildkit_client.__all__) == set(buildkit_client._HOMES)
    for name in buildkit_client.__all__:
        home = import_module(f"buildkit_client.{buildkit_client._HOMES[name]}")
        assert getattr(buildkit_client, name) is getattr(home, name)


def test_no_protobuf_type_is_in_a_public_signature() -> None:
    for name in buildkit_client.__all__:
        public = getattr(buildkit_client, name)
        if inspect.isclass(public):
            members = [item for key, item in vars(public).items() if not key.startswith("_")]
            functions = [item for item in members if inspect.isfunction(item)]
            if name != "Progress":  # fed by the package, read by others
                for function in functions:
                    assert "messages." not in str(inspect.signature(function)), (name, function)


def test_importing_the_package_does_not_import_grpc() -> None:
    code = "import sys, buildkit_client, buildkit_client.ignore; print('grpc' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
