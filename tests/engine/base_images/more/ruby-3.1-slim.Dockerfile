FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends bundler ca-certificates ruby \
 && rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8
ENV GEM_HOME=/usr/local/bundle
ENV BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_APP_CONFIG=$GEM_HOME PATH=$GEM_HOME/bin:$PATH
RUN mkdir "$GEM_HOME" && chmod 1777 "$GEM_HOME"
CMD ["irb"]
