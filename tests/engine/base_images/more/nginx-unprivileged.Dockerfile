FROM nginx:stable
RUN sed -i -e '/^user /d' -e 's,/run/nginx.pid,/tmp/nginx.pid,' \
        -e '/^http {/a client_body_temp_path /tmp/client_temp; proxy_temp_path /tmp/proxy_temp; fastcgi_temp_path /tmp/fastcgi_temp; uwsgi_temp_path /tmp/uwsgi_temp; scgi_temp_path /tmp/scgi_temp;' \
        /etc/nginx/nginx.conf \
 && sed -i 's/listen 80;/listen 8080;/' /etc/nginx/conf.d/default.conf
EXPOSE 8080
USER 101
