FROM golang:1.26 AS build
RUN go build -o /app .

FROM alpine:3.22 AS base
RUN adduser -D -u 10001 app
USER 10001:10001

FROM base
COPY --from=build /app /app
ENTRYPOINT ["/app"]
