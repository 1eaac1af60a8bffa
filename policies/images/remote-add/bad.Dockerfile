FROM alpine:3.22
# want `ADD fetches URL "https://example.com/tool.tgz" without a checksum`
ADD https://example.com/tool.tgz /opt/
# want `ADD fetches Git repository "https://example.com/tool.git#v1.4" without a commit`
ADD https://example.com/tool.git#v1.4 /src
# want `ADD fetches URL "https://example.com/defaults.ini" without a checksum`
ONBUILD ADD https://example.com/defaults.ini /etc/
