# Checked by tests/it/deploy: linted with hadolint, and built with buildah where its base images are present.
#
#   docker build --tag guichet:0.1.0 .                      then deploy/docker-compose.yml
#   buildah build --format docker --tag guichet:0.1.0 .     in the other format there is no HEALTHCHECK

FROM docker.io/library/rust:1.95.0-slim-bookworm AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends cmake g++ make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The toolchain of the image is the one of rust-toolchain.toml; nothing else is fetched but the locked crates.
RUN deploy/release \
    && install -D -m 755 target/release/guichet /image/usr/bin/guichet \
    && install -d -m 700 /state/keys

# Only the C library and the certificates of the public authorities: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="guichet" \
    org.opencontainers.image.description="FranceConnect in front of applications that cannot be changed" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image/ /
# The signing keys are the one thing that is written: a volume takes this folder's owner and mode over.
COPY --from=build --chown=65532:65532 /state/ /var/lib/guichet/
USER 65532:65532
EXPOSE 80
VOLUME ["/var/lib/guichet"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/usr/bin/guichet", "--config", "/etc/guichet/guichet.toml", "healthcheck"]
ENTRYPOINT ["/usr/bin/guichet", "--config", "/etc/guichet/guichet.toml"]
CMD ["run"]
