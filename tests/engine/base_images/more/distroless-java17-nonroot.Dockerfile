FROM gcr.io/distroless/java17-debian12
USER 65532
WORKDIR /home/nonroot
