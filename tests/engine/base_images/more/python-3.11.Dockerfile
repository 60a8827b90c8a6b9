FROM buildpack-deps:bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libbluetooth-dev tk-dev uuid-dev \
 && rm -rf /var/lib/apt/lists/*
COPY --from=python:3.11-slim /usr/local/ /usr/local/
RUN ldconfig
ENV LANG=C.UTF-8
CMD ["python3"]
