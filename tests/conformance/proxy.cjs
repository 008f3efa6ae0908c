// The suite cannot authenticate: adds `Authorization: Bearer $PROXY_TOKEN` and passes everything else on untouched. Its own Host
// and Origin become the server's, so that the rebinding check still reaches the server.   proxy.cjs URL PORT_FILE
'use strict';
const http = require('http'), fs = require('fs');
const up = new URL(process.argv[2]), portFile = process.argv[3], token = process.env.PROXY_TOKEN;
let own;
const server = http.createServer((req, res) => {
  const headers = { ...req.headers, authorization: `Bearer ${token}` };
  for (const h of [`localhost:${own}`, `127.0.0.1:${own}`]) {
    if (headers.host === h) headers.host = up.host;
    if (headers.origin === `http://${h}`) headers.origin = `http://${up.host}`;
  }
  const out = http.request({ host: up.hostname, port: up.port || 80, path: req.url, method: req.method, headers, setHost: false }, (r) => {
    res.writeHead(r.statusCode, r.rawHeaders);
    r.pipe(res);
  });
  out.on('error', () => { if (!res.headersSent) res.writeHead(502); res.end(); });
  res.on('close', () => out.destroy());
  req.pipe(out);
});
server.listen(0, '127.0.0.1', () => { own = server.address().port; fs.writeFileSync(portFile, String(own)); });
