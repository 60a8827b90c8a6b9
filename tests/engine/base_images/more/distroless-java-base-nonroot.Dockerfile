FROM gcr.io/distroless/java-base-debian12
USER 65532
WORKDIR /home/nonroot
