"""Settings from `reimage.toml`, or from `[tool.reimage]` of a `pyproject.toml`.

    select = ["name"]              # only these transformations; none named means all
    ignore = ["name"]
    prefer = ["name"]              # alternatives in place of the default ones
    allow = "same-files"
    context = "."                  # folder of the build context
    exclude = ["vendor/**"]        # Dockerfiles to leave alone

    [pin]
    with-optimize = false          # whether `optimize` asks registries too
    min-age = 0                    # days before `pin --update` takes a new image
    named-contexts = ["name"]      # names that `--build-context` gives another meaning

    [bases]
    with-optimize = false          # whether `optimize` asks registries about base images
    trusted = ["ghcr.io/company"]  # publishers to trust besides the usual ones

    [policy]                       # what `check` reports
    registries = ["docker.io"]     # images of no other registry
    publishers = ["docker.io/library"]
    forbidden-tags = ["latest"]
    require-digest = false
    max-vulnerabilities = { critical = 0, high = 5 }  # for `bases --scan`

    [smoke]                        # what `optimize --build` asks, as in a smoke file
    http = [{ port = 8000, path = "/health", expect = "ok" }]

    [registry]
    plain-http = ["host:5000"]     # registries without TLS
    ca = "company.pem"             # authorities to trust besides the system's
    mirrors = { "docker.io" = ["https://mirror.example.org"] }

    [per-file."docker/*.Dockerfile"]
    ignore = ["name"]              # in addition to the above
    select = ["name"]              # in place of the above, as is allow

Folders and patterns are relative to the file. Patterns are those of `.gitignore`: `*` stays in one
folder, `**` does not, one without a slash fits at any depth, a folder stands for what is in it.
"""

from reimage.pipeline.config.finding import find_config, load_config
from reimage.pipeline.config.settings import Config, ConfigError, PerFile

__all__ = ["Config", "ConfigError", "PerFile", "find_config", "load_config"]
