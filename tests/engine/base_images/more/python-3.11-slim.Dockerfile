# CPython built from source in /usr/local, or else Debian's own, which is of the same minor version.
FROM debian:12-slim
COPY --from=cpython-3.11 . /usr/local/
RUN apt-get update \
 && if [ -e /usr/local/bin/python3.11 ]; then \
        apt-get install -y --no-install-recommends ca-certificates netbase tzdata \
            libbz2-1.0 libexpat1 libffi8 liblzma5 libncursesw6 libreadline8 libsqlite3-0 libssl3 \
            libtirpc3 libuuid1 zlib1g \
     && ldconfig \
     && python3.11 -m ensurepip --altinstall \
     && for name in pip python pydoc; do \
            ln -sf ${name}3.11 /usr/local/bin/${name}3 && ln -sf ${name}3 /usr/local/bin/$name; \
        done; \
    else \
        apt-get install -y --no-install-recommends ca-certificates netbase tzdata \
            python3 python3-pip python3-venv \
     && rm /usr/lib/python3*/EXTERNALLY-MANAGED \
     && ln -s /usr/bin/python3 /usr/local/bin/python; \
    fi \
 && rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8
CMD ["python3"]
