FROM golang:1.26 AS build
# want `COPY puts the secret-like file "deploy/id_ed25519" into a layer of the build cache`
COPY deploy/id_ed25519 /root/.ssh/id_ed25519
RUN go build -o /app .

FROM node:24
WORKDIR /app
# want `COPY puts the secret-like file ".npmrc" into a layer, and the RUN that removes it leaves it there`
COPY .npmrc package.json ./
RUN npm ci && rm -f .npmrc
# want `ADD puts the secret-like file "tls/server.key" into a layer`
ADD tls/server.key /etc/tls/
COPY --from=build /app /app
