# Debian's compiler. Its packages of crates stand in for the registry, which is out of reach.
FROM buildpack-deps:bookworm-scm
RUN apt-get update \
 && apt-get install -y --no-install-recommends cargo gcc libc6-dev rustc \
        librust-anyhow-dev librust-chrono-dev librust-chrono-tz-dev librust-env-logger-dev \
        librust-flate2-dev librust-log-dev librust-regex-dev librust-serde-derive-dev \
        librust-serde-json-dev librust-tiny-http-dev librust-ureq-dev librust-clap-dev \
 && rm -rf /var/lib/apt/lists/*
COPY <<config /usr/local/cargo/config.toml
[source.crates-io]
replace-with = "debian"

[source.debian]
directory = "/usr/share/cargo/registry"
config
ENV CARGO_HOME=/usr/local/cargo \
    PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
