# Debian's PHP where the real one is built in /usr/local.
FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl xz-utils \
        php8.2-cli php8.2-curl php8.2-mbstring php8.2-sqlite3 php8.2-xml \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/bin/php /usr/local/bin/php
COPY --chmod=755 <<script /usr/local/bin/docker-php-entrypoint
#!/bin/sh
set -e
if [ "\${1#-}" != "\$1" ]; then
    set -- php "\$@"
fi
exec "\$@"
script
ENTRYPOINT ["docker-php-entrypoint"]
CMD ["php", "-a"]
