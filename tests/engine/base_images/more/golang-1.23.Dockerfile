# With the C compiler that the quick stand-in lacks. Debian's packages of Go sources stand in for the
# module proxy, which is out of reach.
FROM debian:12 AS modules
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 \
        golang-github-go-chi-chi-dev golang-github-google-uuid-dev \
        golang-github-mattn-go-sqlite3-dev golang-github-prometheus-client-golang-dev \
        golang-github-sirupsen-logrus-dev golang-github-spf13-cobra-dev golang-gopkg-yaml.v3-dev
COPY --from=files serve-debian-go-modules.py /usr/local/bin/
RUN python3 /usr/local/bin/serve-debian-go-modules.py /usr/local/share/goproxy

FROM buildpack-deps:bookworm-scm
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ gcc libc6-dev make pkg-config \
 && rm -rf /var/lib/apt/lists/*
COPY --from=golang:1.23 /usr/local/go /usr/local/go
COPY --from=modules /usr/local/share/goproxy /usr/local/share/goproxy
RUN mkdir -p /go/src /go/bin && chmod -R 1777 /go
ENV GOTOOLCHAIN=local \
    GOPROXY=file:///usr/local/share/goproxy \
    GOSUMDB=off \
    GOPATH=/go \
    PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /go
CMD ["bash"]
