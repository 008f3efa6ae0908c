#!/usr/bin/env bash
# usage: RESOURCE=http://127.0.0.1:18711/mcp PORT=18705 ./start.sh      (see ../README.md; Debian 12 amd64)
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
export PORT=${1:-${PORT:-18705}}
. /etc/os-release 2>/dev/null || true
[ "${ID:-}${VERSION_ID:-}-$(uname -m)" = debian12-x86_64 ] && have apt-get || skip "Glewlwyd is run from the packages of Debian 12 on amd64 only"
need openssl openssl
debs="glewlwyd glewlwyd-common libcbor0.8 libconfig9 libhoel1.4 libiddawc1.1 liborcania2.3 librhonabwy1.1 libulfius2.7 libyder2.0 libmicrohttpd12 liboath0 libjansson4
  libldap-2.5-0 libsasl2-2 libmariadb3 libpq5 libcurl3-gnutls librtmp1 libssh2-1 libnghttp2-14 libpsl5 libbrotli1"
_debs() { # unpacked, not installed: no service is started and nothing outside the cache changes
  (cd "$1" && { apt-get download -q $debs || { apt-get update -q && apt-get download -q $debs; }; } && for d in ./*.deb; do dpkg -x "$d" .; done && rm -f ./*.deb)
}
R=$INTEROP_CACHE/glewlwyd-2.7.5; once "$R" _debs
export LD_LIBRARY_PATH=$R/usr/lib/x86_64-linux-gnu:$R/lib/x86_64-linux-gnu
exec "$PYTHON" setup.py "$R"
