FROM debian:12-slim AS unpacking
WORKDIR /unpacking
COPY unpack /usr/local/bin/
RUN apt-get update && unpack java openjdk-17-jre-headless && mkdir -p /usr/share/man/man1 \
 && apt-get install -y --no-install-recommends openjdk-17-jre-headless \
 && mkdir -p java/etc/ssl/certs/java java/usr/bin \
 && cp /etc/ssl/certs/java/cacerts java/etc/ssl/certs/java/ \
 && ln -s ../lib/jvm/java-17-openjdk-amd64/bin/java java/usr/bin/java

FROM gcr.io/distroless/java-base-debian12
COPY --from=unpacking /unpacking/java /
ENV JAVA_VERSION=17
ENTRYPOINT ["/usr/bin/java", "-jar"]
