# The real one builds its compiler in /usr/local; this is Debian's, of the same version.
FROM buildpack-deps:bookworm
CMD ["bash"]
