#!/usr/bin/env bash
# Puts a released binary, or the one SETUP_BINARY names, on the PATH of the
# following steps. A download counts only when its checksum stands in the
# checksums.txt beside this script.
set -euo pipefail

die() {
  printf 'sekisho setup: %s\n' "$1" >&2
  exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${RUNNER_TEMP:?}/sekisho-bin
mkdir -p "$dir"

case "$(uname -s)" in
Linux) os=linux ext= ;;
Darwin) os=darwin ext= ;;
MINGW* | MSYS* | CYGWIN*) os=windows ext=.exe ;;
*) die "no release for $(uname -s)" ;;
esac
case "$(uname -m)" in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) die "no release for $(uname -m)" ;;
esac

program=$dir/sekisho$ext
if [[ -n ${SETUP_BINARY:-} ]]; then
  [[ -f $SETUP_BINARY ]] || die "binary: there is no file $SETUP_BINARY"
  cp -- "$SETUP_BINARY" "$program"
else
  grep -qE '^[0-9a-f]{64} ' "$here/checksums.txt" ||
    die "this commit of the action belongs to no release: use the action at the commit of one, or give a binary"
  version=${SETUP_VERSION:-}
  [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "version: give an exact version like 1.2.3, or a binary"
  name=sekisho_${version}_${os}_${arch}$ext
  want=$(awk -v name="$name" '$2 == name { print $1 }' "$here/checksums.txt")
  [[ $want =~ ^[0-9a-f]{64}$ ]] || die "version: this commit of the action has no checksum of $name: use the action at the commit of that release"
  curl --fail --silent --show-error --location --proto '=https' --retry 3 --output "$program" \
    "https://github.com/sekisho/sekisho/releases/download/v$version/$name"
  if command -v sha256sum >/dev/null; then
    got=$(sha256sum "$program")
  else
    got=$(shasum -a 256 "$program")
  fi
  got=${got#\\} # sha256sum marks names with backslashes, as Windows has them
  if [[ ${got%% *} != "$want" ]]; then
    rm -f "$program"
    die "the checksum of $name is ${got%% *}, not $want"
  fi
fi
chmod +x "$program"

printf '%s\n' "$dir" >>"${GITHUB_PATH:?}"
printf 'path=%s\n' "$program" >>"${GITHUB_OUTPUT:?}"
