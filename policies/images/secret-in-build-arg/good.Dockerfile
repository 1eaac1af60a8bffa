# syntax=docker/dockerfile:1
ARG NODE_VERSION=24
FROM node:${NODE_VERSION}
ARG BUILD_ID
ENV LOG_LEVEL=info \
    TOKEN_URL=https://login.example.com/oauth/token \
    DB_PASSWORD_FILE=/run/secrets/db
RUN --mount=type=secret,id=npm_token NPM_TOKEN=$(cat /run/secrets/npm_token) npm ci
LABEL org.opencontainers.image.revision=9f8e7d6c5b4a39281706f5e4d3c2b1a098765432
USER node
