FROM alpine:3.22
ADD --checksum=sha256:9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0 https://example.com/tool.tgz /opt/
ADD https://example.com/tool.git#9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c /src
ADD vendor.tgz /opt/vendor
