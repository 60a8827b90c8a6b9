FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends bundler ca-certificates ruby \
 && rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8
CMD ["irb"]
