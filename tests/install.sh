#!/bin/sh
# Installs what the tests drive and check with, from Debian's packages, unless it is there.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v dciodvfy >/dev/null 2>&1 || missing="$missing dicom3tools"
[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing="$missing orthanc orthanc-dicomweb"
command -v tesseract >/dev/null 2>&1 || missing="$missing tesseract-ocr"
[ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ] || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need$missing: install them so that they are on the PATH, then run make again." >&2
  exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "Readout: installing$missing for the tests ..."
$as_root apt-get update -qq
# RUNLEVEL keeps Debian from starting Orthanc as a service: the tests start their own.
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq $missing >/dev/null
