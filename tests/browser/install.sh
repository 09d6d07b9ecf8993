#!/bin/sh
# Installs the browser that the tests drive, from Debian's packages.
set -eu
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The browser tests need Chromium: install it so that 'chromium' is on the PATH, then run make again." >&2
  exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq chromium
