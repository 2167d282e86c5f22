#!/bin/sh
# Installs what the tests of this module compare the decoder with, where it is missing (Debian, Ubuntu). objdump, as and
# gcc come with the packages that every build of C needs.
set -eu
missing=
[ -e /usr/include/Zydis/Zydis.h ] || missing="$missing libzydis-dev"
[ -e /usr/include/capstone/capstone.h ] || missing="$missing libcapstone-dev"
command -v objdump >/dev/null || missing="$missing binutils"
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
[ -z "$missing" ] || { apt-get update && apt-get install -y --no-install-recommends $missing; }
