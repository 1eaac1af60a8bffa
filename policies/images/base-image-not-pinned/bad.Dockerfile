ARG GO=1.26
# want `base image "golang:1.26" is not pinned by digest`
FROM golang:${GO} AS build
RUN go build -o /app .

# want `base image "alpine:3.22" is not pinned by digest`
FROM alpine:3.22
COPY --from=build /app /app
# want `COPY takes files from image "ghcr.io/shop/certs:2", which is not pinned by digest`
COPY --from=ghcr.io/shop/certs:2 /certs /certs
USER 10001
