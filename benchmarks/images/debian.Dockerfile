# A compiler and its headers, installed, used, and deleted too late.
FROM debian:bookworm
RUN apt-get update && apt-get install -y build-essential git
RUN apt-get update && apt-get install -y cmake python3 vim-tiny
RUN printf 'int main(void){return 0;}' > /tmp/a.c && gcc -o /usr/local/bin/app /tmp/a.c
RUN git clone --quiet --bare /dev/null /src 2>/dev/null || git init -q /src
RUN rm -rf /usr/share/doc /usr/share/man && rm /tmp/a.c
RUN apt-get purge -y cmake && apt-get autoremove -y
CMD ["app"]
