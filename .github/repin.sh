#!/usr/bin/env bash
# Writes what a release made into the files that name it:
#
#   repin.sh VERSION IMAGE-DIGEST AZURE-IMAGE-DIGEST CHECKSUMS
#
# VERSION is like 1.2.3, a digest like sha256:0123…, CHECKSUMS what sha256sum
# printed of the binaries. Run at the root of the repository.
set -euo pipefail

version=$1 image=$2 azure=$3 checksums=$4
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "repin: version $version" >&2; exit 2; }
for digest in "$image" "$azure"; do
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "repin: digest $digest" >&2; exit 2; }
done

# replace FILE PATTERN TEXT: every match, of which there must be one at least.
replace() {
  grep -qE "$2" "$1" || { echo "repin: nothing to replace in $1" >&2; exit 1; }
  sed -E "s|$2|$3|" "$1" >"$1.new"
  cat "$1.new" >"$1"
  rm "$1.new"
}

pinned='ghcr\.io/sekisho/sekisho@sha256:[0-9a-f]{64}'
replace action.yml '^  image: .*$' "  image: docker://ghcr.io/sekisho/sekisho@$image"
replace .github/workflows/scan.yml "$pinned" "ghcr.io/sekisho/sekisho@$image"
replace .pre-commit-hooks.yaml "$pinned" "ghcr.io/sekisho/sekisho@$image"
replace azure-pipelines/sekisho.yml "$pinned" "ghcr.io/sekisho/sekisho@$image"
replace azure-pipelines/container.yml 'ghcr\.io/sekisho/azure@sha256:[0-9a-f]{64}' "ghcr.io/sekisho/azure@$azure"
replace setup/action.yml '^(    description: Exact version to install.*)$' '\1'
awk -v version="$version" '
  { print }
  /^    description: Exact version to install/ { getline; print "    default: \"" version "\"" }
' setup/action.yml >setup/action.yml.new
cat setup/action.yml.new >setup/action.yml
rm setup/action.yml.new
{
  echo "# SHA-256 of the released binaries, written by the release."
  sed -E 's|\*?([^ ]*/)?(sekisho_)|\2|' "$checksums"
} >setup/checksums.txt
