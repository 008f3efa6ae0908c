// Registers a public client (RFC 7591) and prints its id.   register.mjs ISSUER REDIRECT_URI
const [issuer, redirect] = process.argv.slice(2);
const u = new URL(issuer), path = u.pathname.replace(/\/$/, '');
let meta;
for (const w of [`${u.origin}/.well-known/oauth-authorization-server${path}`, `${u.origin}/.well-known/openid-configuration${path}`, `${u.origin}${path}/.well-known/openid-configuration`]) {
  const r = await fetch(w).catch(() => null);
  if (r && r.ok) { meta = await r.json(); break; }
}
if (!meta?.registration_endpoint) { console.error(meta ? 'no registration_endpoint: pass -c' : 'no authorization server metadata'); process.exit(1); }
const r = await fetch(meta.registration_endpoint, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({
  client_name: 'authorization server conformance', application_type: 'native', redirect_uris: [redirect],
  grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }) });
const body = await r.json().catch(() => ({}));
if (r.status !== 201 || !body.client_id) { console.error(`registration: HTTP ${r.status} ${JSON.stringify(body)}`); process.exit(1); }
console.log(body.client_id);
