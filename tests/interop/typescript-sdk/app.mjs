// The TypeScript SDK's MCP server behind its own bearer middleware, as its examples put them together: jose verifies the
// token, every request has a server and a transport of its own (stateless), answers are JSON.  See ../README.md.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import express from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';

const { PORT, ISSUER, JWKS_URI, AUDIENCE, ALG = 'ES256', SCOPES = 'search:read' } = process.env;
const keys = createRemoteJWKSet(new URL(JWKS_URI));
const verifier = {
  async verifyAccessToken(token) {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALG], typ: 'at+jwt' });
      return { token, clientId: payload.client_id, scopes: payload.scope.split(' '), expiresAt: payload.exp };
    } catch (error) {
      throw new InvalidTokenError(error.code ?? 'invalid');
    }
  },
};
const auth = requireBearerAuth({
  verifier,
  requiredScopes: SCOPES.split(' '),
  resourceMetadataUrl: `http://127.0.0.1:${PORT}/.well-known/oauth-protected-resource/mcp`,
});

function server() {
  const mcp = new McpServer({ name: 'typescript-sdk', version: '1' });
  const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
  mcp.registerTool('search_web', {
    description: 'Search the web (canned results, no network).',
    inputSchema: { query: z.string(), max_results: z.number().int().default(3) },
  }, async ({ query, max_results }) => text(Array.from({ length: max_results }, (_, i) => ({ title: `${query} ${i + 1}`, url: `https://example.test/${i + 1}` }))));
  mcp.registerTool('save_search', { description: 'Remember a search.', inputSchema: { query: z.string() } },
    async ({ query }) => text(`saved ${query}`));
  return mcp;
}

const app = express();
app.post('/mcp', express.json(), auth, async (request, response) => {
  const mcp = server();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  response.on('close', () => { transport.close(); mcp.close(); });
  await mcp.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.all('/mcp', (_, response) => response.status(405).end());
app.listen(Number(PORT), '127.0.0.1');
