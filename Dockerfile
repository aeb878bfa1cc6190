# docker build --build-arg VERSION=1.2.3 -t ssespec .
#
# A version is a name that may be moved. To pin the bytes too: --build-arg GO_IMAGE=golang:1.26.8-alpine@sha256:…
ARG GO_IMAGE=golang:1.26.8-alpine
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=0.1.0-dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /ssespec ./cmd/ssespec
# A directory that is owned by who runs it, for reports.
RUN mkdir /work && chown 65532:65532 /work

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /ssespec /ssespec
COPY --from=build --chown=65532:65532 /work /work
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/ssespec"]
