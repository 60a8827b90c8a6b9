"""Status messages as events, and what they add up to."""

from __future__ import annotations

from buildkit_client import LogPiece, Progress, Step, Transfer, Warned, messages
from buildkit_client.status import covered


def at(seconds: float) -> messages.Timestamp:
    return messages.Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))


def vertex(
    start: float | None = None, end: float | None = None, **fields: object
) -> messages.Vertex:
    found = messages.Vertex(digest="d", name="[1/2] RUN x", **fields)  # type: ignore[arg-type]
    if start is not None:
        found.started.CopyFrom(at(start))
    if end is not None:
        found.completed.CopyFrom(at(end))
    return found


def feed(progress: Progress, *vertexes: messages.Vertex) -> list[object]:
    return list(progress.read(messages.StatusResponse(vertexes=vertexes)))


def test_seconds_are_the_sum_of_all_runs() -> None:
    progress = Progress()
    feed(progress, vertex(), vertex(10), vertex(10, 12), vertex(20))
    (step,) = progress.steps
    assert (step.seconds, step.is_running) == (2, True)
    feed(progress, vertex(20, 20.5), vertex(20, 20.5))
    (step,) = progress.steps
    assert (step.seconds, step.is_running) == (2.5, False)


def test_overlapping_runs_count_once() -> None:
    assert covered({0.0: 2.0, 1.0: 3.0, 5.0: 6.0, 5.5: 5.6}) == 4.0
    assert covered({}) == 0


def test_inputs_stay_when_a_later_message_has_none() -> None:
    progress = Progress()
    feed(progress, vertex(inputs=["a"]), vertex(1))
    assert progress.steps[0].inputs == ("a",)


def test_a_log_is_put_together_from_pieces() -> None:
    progress = Progress()
    pieces = [(1, b"o"), (2, b"err"), (1, b"ne\r\ntw"), (1, b"o\n\xff"), (2, b"or\n")]
    logs = [messages.VertexLog(vertex="d", stream=stream, msg=msg) for stream, msg in pieces]
    events = list(progress.read(messages.StatusResponse(logs=logs)))
    assert [event.data for event in events if isinstance(event, LogPiece)] == [
        data for _, data in pieces
    ]
    assert progress.log_tail("d") == ("one", "two", "error", "\ufffd")
    assert progress.log_tail("other") == ()


def test_only_the_last_lines_are_kept() -> None:
    progress = Progress()
    text = b"".join(b"%d\n" % number for number in range(1000))
    log = messages.VertexLog(vertex="d", stream=1, msg=text)
    list(progress.read(messages.StatusResponse(logs=[log])))
    assert progress.log_tail("d") == tuple(str(number) for number in range(950, 1000))


def test_transfers_and_warnings() -> None:
    progress = Progress()
    part = messages.VertexStatus(id="transferring context:", vertex="d", current=3, started=at(1))
    place = messages.Range(start=messages.Position(line=2), end=messages.Position(line=3))
    warning = messages.VertexWarning(
        vertex="d",
        short=b"Rule: text",
        detail=[b"more"],
        url="u",
        info=messages.SourceInfo(filename="Dockerfile"),
        ranges=[place],
    )
    events = list(progress.read(messages.StatusResponse(statuses=[part], warnings=[warning])))
    assert events == [
        Transfer("d", "transferring context:", 3, 0, 1.0, None),
        Warned("d", "Rule: text", ("more",), "u", "Dockerfile", ((2, 3),)),
    ]
    assert progress.warnings == (events[1],)


def test_steps_keep_their_order_and_say_which_are_internal() -> None:
    progress = Progress()
    internal = messages.Vertex(digest="i", name="[internal] load .dockerignore")
    events = feed(progress, internal, vertex(1), internal)
    assert [step.digest for step in progress.steps] == ["i", "d"]
    assert [event.is_internal for event in events if isinstance(event, Step)] == [True, False, True]
