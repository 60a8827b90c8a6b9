# Debian's Ruby. Gems come from Debian's packages too: their registry is out of reach.
FROM buildpack-deps:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends bundler ruby ruby-dev \
 && rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8
CMD ["irb"]
