#!/usr/bin/env bash
# build-images.sh [FOLDER] [VERSION] [BASE]: images of router and node as OCI archives, without a daemon.
# FOLDER: k8s/target/images; VERSION: the chart's appVersion; BASE: scratch (the C library of this machine), or an image that has
# one: a reference that can be pulled (gcr.io/distroless/base-nossl-debian12, say), or tar://FILE.
# Then: skopeo copy oci-archive:switchboard-node.tar docker://REGISTRY/switchboard-node:VERSION, or `podman load`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
version=${2:-$(sed -n 's/^appVersion: *"\(.*\)"/\1/p' "$root/k8s/switchboard/Chart.yaml")}
# Always: what is packed is what the sources say. Quick where nothing has changed.
"$root/mvnw" -q -f "$root/pom.xml" -pl router-service,expert-node,k8s -am -Dmaven.test.skip=true package
java=$("$root/scripts/find-jdk.sh" 25)/bin/java
exec "$java" -cp "$root/k8s/target/classes:$(cat "$root/k8s/target/launch/classpath")" \
  dev.switchboard.k8s.image.ImageMain "$root" "${1:-$root/k8s/target/images}" "$version" "${3:-scratch}"
