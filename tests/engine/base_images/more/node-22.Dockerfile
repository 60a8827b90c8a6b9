FROM buildpack-deps:bookworm
COPY --from=node:22-slim /usr/local/ /usr/local/
RUN groupadd --gid 1000 node \
 && useradd --uid 1000 --gid node --shell /bin/bash --create-home node \
 && apt-get update && apt-get install -y --no-install-recommends libatomic1 python3 \
 && rm -rf /var/lib/apt/lists/*
# The place where node-gyp fetches the headers from is out of reach; they are in the image.
ENV NODE_VERSION=22 \
    npm_config_nodedir=/usr/local
CMD ["node"]
