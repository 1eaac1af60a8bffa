# Two images from one build:
#
#   sekisho  scratch; the program is the entry point. For GitHub's docker
#            actions and for docker run. It comes last, so it is what a build
#            without --target makes.
#   azure    debian-slim; for container jobs of Azure Pipelines, whose agent
#            wants bash, glibc and useradd in the image, and no entry point.
#
# Neither names a USER: the runner's workspace belongs to another user than any
# we could name, and the agent adds its own as root. docker run takes --user.

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS build
ARG TARGETOS=linux
ARG TARGETARCH=amd64
ARG VERSION=dev
ENV CGO_ENABLED=0 GOFLAGS=-trimpath GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
COPY policies policies
COPY render render
RUN mkdir -p /root-of-image/etc/ssl/certs && mkdir -m 1777 /root-of-image/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ \
 && GOOS=$TARGETOS GOARCH=$TARGETARCH go build -ldflags "-s -w -X github.com/sekisho/sekisho/internal/cli.version=$VERSION" \
    -o /root-of-image/usr/local/bin/sekisho ./cmd/sekisho

FROM debian:bookworm-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587 AS azure
ARG VERSION=dev
LABEL org.opencontainers.image.title="Sekisho for container jobs" \
      org.opencontainers.image.description="A gate for Kubernetes manifests" \
      org.opencontainers.image.source="https://github.com/sekisho/sekisho" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /root-of-image/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /root-of-image/usr/local/bin/sekisho /usr/local/bin/sekisho

FROM scratch AS sekisho
ARG VERSION=dev
LABEL org.opencontainers.image.title="Sekisho" \
      org.opencontainers.image.description="A gate for Kubernetes manifests" \
      org.opencontainers.image.source="https://github.com/sekisho/sekisho" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
ENV PATH=/usr/local/bin
COPY --from=build /root-of-image/ /
ENTRYPOINT ["/usr/local/bin/sekisho"]
