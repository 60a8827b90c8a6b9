# What the real one installs, in one layer instead of two.
FROM debian:12
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
        ca-certificates curl git gnupg mercurial netbase openssh-client procps sq subversion \
        tzdata wget \
 && rm -rf /var/lib/apt/lists/*
