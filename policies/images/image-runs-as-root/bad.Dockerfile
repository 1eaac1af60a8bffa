FROM golang:1.26 AS build
RUN go build -o /app .
USER 10001

# want `image runs as root: no USER in the last stage`
FROM alpine:3.22
COPY --from=build /app /app
ENTRYPOINT ["/app"]
