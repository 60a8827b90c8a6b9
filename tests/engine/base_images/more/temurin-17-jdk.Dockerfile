# Debian's OpenJDK where Temurin has its own.
FROM debian:12 AS unpacking
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jdk-headless \
 && rm -f /usr/lib/jvm/java-17-openjdk-amd64/lib/src.zip \
 && mkdir -p /opt/java \
 && cp -rL /usr/lib/jvm/java-17-openjdk-amd64 /opt/java/openjdk \
 && rm -rf /opt/java/openjdk/docs

FROM debian:12
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl fontconfig gnupg wget \
        libfontconfig1 libfreetype6 libharfbuzz0b libjpeg62-turbo liblcms2-2 \
        libpcsclite1 locales tzdata zlib1g \
 && rm -rf /var/lib/apt/lists/*
COPY --from=unpacking /opt/java /opt/java
ENV JAVA_HOME=/opt/java/openjdk \
    LANG=en_US.UTF-8 \
    LANGUAGE=en_US:en \
    LC_ALL=en_US.UTF-8 \
    PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN echo "en_US.UTF-8 UTF-8" >> /etc/locale.gen && locale-gen en_US.UTF-8 && java -version
CMD ["jshell"]
