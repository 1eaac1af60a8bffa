# syntax=docker/dockerfile:1
FROM node:24@sha256:9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0
WORKDIR /app
COPY package.json package-lock.json .env.example ./
COPY tls/ca.pem /etc/ssl/certs/
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
COPY src/ src/
USER node
