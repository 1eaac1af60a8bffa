FROM golang:1.26 AS build
# want `ARG "GITHUB_TOKEN" takes a credential, which the build keeps in its history`
ARG GITHUB_TOKEN
RUN go build -o /app .

FROM node:24
# want `ARG "NPM_TOKEN" takes a credential, which the build keeps in its history`
ARG NPM_TOKEN
# want `ARG "API_KEY" holds a credential: k3… (24 characters)`
ARG API_KEY=k3J8f2mQ9vN4xR7tB1cL6wZ5
# want `ENV "DB_PASSWORD" holds a credential: hu… (14 characters)`
ENV LOG_LEVEL=info DB_PASSWORD=hunter2hunter2
# want `ENV "ADMIN_PASSWORD" holds a password that anyone would guess`
ENV ADMIN_PASSWORD changeme
# want `RUN holds a password in a connection string under "https URL": Zx… (12 characters)`
RUN git clone https://ci:Zx81spectrum@git.example.com/shop.git
