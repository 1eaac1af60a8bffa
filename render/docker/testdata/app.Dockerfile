# syntax=docker/dockerfile:1
ARG GO=1.26 ALPINE
ARG REGISTRY=registry.example.com/${GO}
FROM --platform=$BUILDPLATFORM golang:${GO}-bookworm AS Build
ARG TOKEN="s3cr3t value"
ARG GO
ENV A=b C="d e" D=$GO
ENV OLD form of "it"
LABEL org.opencontainers.image.title="An app"
WORKDIR /src
COPY --chown=1:1 ["a file", "b", "/src/"]
COPY . .
ADD --checksum=sha256:0 https://example.com/x.tgz '/tmp/x'
RUN --mount=type=secret,id=key \
    # a comment
    make all && \
    rm key
RUN <<EOT bash
echo $HOME
EOT
COPY <<"CONF" /etc/app.conf
user = $A
CONF
ONBUILD USER root

FROM alpine:${ALPINE} AS base
ENV UID=1000
USER ${UID}:${UID:-5}

FROM build
HEALTHCHECK --interval=5s CMD curl -f http://localhost/
EXPOSE 80/tcp 443

FROM base
COPY --from=build /src/app /app
ENTRYPOINT ["/app", "--port", "80"]
CMD serve
