FROM golang:1.26@sha256:9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0 AS build
RUN go build -o /app .

FROM scratch
COPY --from=build /app /app
USER 10001
