# Debian's nginx with the settings of the real image.
FROM debian:12-slim
RUN groupadd --system --gid 101 nginx \
 && useradd --system --gid nginx --uid 101 --no-create-home --shell /bin/false nginx \
 && apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl gettext-base nginx-light \
 && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled /var/www/html /etc/nginx/modules-enabled \
 && mkdir -p /docker-entrypoint.d /usr/share/nginx/html /etc/nginx/conf.d \
 && echo "<h1>Welcome to nginx!</h1>" > /usr/share/nginx/html/index.html \
 && ln -sf /dev/stdout /var/log/nginx/access.log \
 && ln -sf /dev/stderr /var/log/nginx/error.log
COPY <<settings /etc/nginx/nginx.conf
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events {
    worker_connections 1024;
}
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
settings
COPY <<settings /etc/nginx/conf.d/default.conf
server {
    listen 80;
    server_name localhost;
    location / {
        root /usr/share/nginx/html;
        index index.html index.htm;
    }
}
settings
COPY --chmod=755 <<script /docker-entrypoint.sh
#!/bin/sh
set -e
exec "\$@"
script
ENTRYPOINT ["/docker-entrypoint.sh"]
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
