#!/usr/bin/env bash
# usage: TO=18701 PORT=18790 ./start.sh      (see ../README.md)
# A private CA and a certificate for 127.0.0.1, localhost and client.test are made on first use (openssl).
cd "$(dirname "${BASH_SOURCE[0]}")" && . ../lib.sh
export PORT=${1:-${PORT:-18790}} TO=${TO:-18701}
_certs() {
  (cd "$1" && openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=mcp-auth test CA" -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
   openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout leaf.key -out leaf.csr
   printf 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:client.test\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' >ext
   openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile ext -out leaf.pem)
}
need openssl openssl
D=$INTEROP_CACHE/tls; once "$D" _certs
exec "$PYTHON" app.py "$D"
