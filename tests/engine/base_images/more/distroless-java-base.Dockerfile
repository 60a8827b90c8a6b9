FROM debian:12-slim AS unpacking
WORKDIR /unpacking
COPY unpack /usr/local/bin/
RUN apt-get update && unpack java libbrotli1 libexpat1 libfontconfig1 libfreetype6 libglib2.0-0 \
        libgraphite2-3 libharfbuzz0b libjpeg62-turbo liblcms2-2 libpcre2-8-0 libpng16-16 libuuid1 \
        zlib1g

FROM gcr.io/distroless/cc-debian12
COPY --from=unpacking /unpacking/java /
ENV LANG=C.UTF-8
