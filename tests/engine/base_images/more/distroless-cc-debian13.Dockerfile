# Debian 13's C library for what was linked to that of Debian 12.
FROM debian:12-slim AS unpacking
WORKDIR /unpacking
COPY unpack /usr/local/bin/
RUN sed -i 's/bookworm/trixie/g' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null; \
    apt-get update && unpack cc base-files ca-certificates netbase tzdata libc6 libssl3t64 \
        libgcc-s1 libstdc++6 libgomp1 \
 && install -d -m 1777 cc/tmp \
 && install -d -m 700 -o 65532 -g 65532 cc/home/nonroot \
 && mkdir -p cc/etc/ssl/certs \
 && cat cc/usr/share/ca-certificates/mozilla/*.crt > cc/etc/ssl/certs/ca-certificates.crt
COPY distroless/ cc/

FROM scratch
COPY --from=unpacking /unpacking/cc /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /
