"""What the names of well-known base images tell. Data, and the questions that it answers."""

from __future__ import annotations

from reimage.text import late

# Official images whose entrypoint does something else when its first argument is not their program:
# it sets up a data directory, fills in settings or gives up root.
_LOOK_AT_THEIR_COMMAND = frozenset(
    """
    cassandra consul couchdb docker elasticsearch ghost haproxy influxdb kibana logstash mariadb
    memcached mongo mysql neo4j nextcloud nginx postgres rabbitmq redis registry solr telegraf
    traefik valkey vault wordpress zookeeper
    """.split()
)
# /bin/sh is bash in these.
_WITH_BASH_AS_SH = frozenset(
    """
    almalinux amazonlinux archlinux centos fedora fedora-minimal leap oraclelinux rockylinux
    tumbleweed ubi ubi-init ubi-minimal ubi7 ubi8 ubi8-init ubi8-minimal ubi9 ubi9-init
    ubi9-minimal ubi10 ubi10-init ubi10-minimal
    """.split()
)
_ALPINE = late(r"(?:^|:|-)alpine(?:$|[:.\d@$-])")


def looks_at_its_command(reference: str | None) -> bool:
    """Whether the image's entrypoint is known to look at the first word of the command."""
    return _repository(reference or "") in _LOOK_AT_THEIR_COMMAND


def sh_knows_pipefail(reference: str) -> bool:
    """Whether `/bin/sh` of the image is known to have `set -o pipefail`.

    `reference` may hold variables. bash has it, and so has the ash of BusyBox in every Alpine; dash
    lacks it up to 0.5.12, which is `/bin/sh` in Debian 13 and Ubuntu 24.04.
    """
    last = reference.rpartition("/")[2]
    return _repository(reference) in _WITH_BASH_AS_SH or _ALPINE.search(last) is not None


def _repository(reference: str) -> str:
    """The last part of the image's name, without registry, tag and digest."""
    return _TAG_OR_DIGEST.split(reference.rpartition("/")[2], maxsplit=1)[0]


_TAG_OR_DIGEST = late("[:@]")
_OFFICIAL = late(r"(?:(?:docker\.io/|public\.ecr\.aws/docker/)?library/|docker\.io/)?([^/]+)")


def is_official(reference: str | None, *repositories: str) -> bool:
    """Whether the image is one of these official images of Docker Hub.

    `reference` may hold variables.
    """
    match = _OFFICIAL.fullmatch(reference or "")
    return match is not None and _TAG_OR_DIGEST.split(match[1], maxsplit=1)[0] in repositories
