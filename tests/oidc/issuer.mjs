// An OpenID Connect server of another make, which a test commands: it listens on https, answers discovery and
// keys, and makes tokens with the library's own model of an access token.
//
//   node issuer.mjs CERTIFICATE KEY MODULES
//
// A line of JSON on stdin is a command, a line of JSON on stdout its answer:
//   {"mint": {"sub": "..", "claims": {..}, "header": {..}}}  -> {"token": ".."}
//   {"keys": ["b", "a"], "alg": "RS256"}   the keys it publishes from now on; it signs with the first
//   {"away": true}                          it does not answer any more, until false
//   {"hanging": true}                       it takes requests and says nothing, until false
//   {"discovery": {"issuer": "https://.."}} claims this of itself in its discovery document
//   {"seen": true}                          -> {"seen": {"/jwks": 3, ..}}: requests since the start
import { createServer } from 'node:https';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [certificate, key, modules] = process.argv.slice(2);
const library = pathToFileURL(`${modules}/oidc-provider/lib/index.js`);
const { default: Provider } = await import(library.href);

const AUDIENCE = 'api://pacta';
const made = new Map();
const seen = {};
let handler;
let provider;
let signing;
let discovery = {};
let isAway = false;
let isHanging = false;
// What the next token says beside or instead of what the library would have it say.
let next = {};

function keyOf(kid, alg) {
  const name = `${kid}/${alg}`;
  if (!made.has(name)) {
    const pair = alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    made.set(name, { ...pair.privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' });
  }
  return made.get(name);
}

function publish(kids, alg) {
  provider = new Provider(`https://localhost:${server.address().port}`, {
    clients: [{ client_id: 'portal', client_secret: 'not used', redirect_uris: ['https://portal.example/'] }],
    features: { devInteractions: { enabled: false } },
    jwks: { keys: kids.map((it) => keyOf(it, alg)) },
    // Else every warning of the library would be taken for an answer.
    cookies: { keys: ['not used'] },
    clientDefaults: { id_token_signed_response_alg: alg },
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    formats: {
      customizers: {
        jwt(_, token, jwt) {
          Object.assign(jwt.payload, next.claims);
          jwt.header = next.header;
        },
      },
    },
  });
  signing = { alg, kid: kids[0] };
  handler = provider.callback();
}

async function mint(wanted) {
  next = { claims: wanted.claims ?? {}, header: wanted.header };
  const resourceServer = new provider.ResourceServer(AUDIENCE, {
    audience: AUDIENCE,
    scope: '',
    accessTokenFormat: 'jwt',
    jwt: { sign: signing },
  });
  const client = await provider.Client.find('portal');
  const token = new provider.AccessToken({ client, accountId: wanted.sub, resourceServer, gty: 'mint' });
  return token.save();
}

function say(it) {
  process.stdout.write(`${JSON.stringify(it)}\n`);
}

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (req, res) => {
  seen[req.url] = (seen[req.url] ?? 0) + 1;
  if (isAway) {
    req.socket.destroy();
    return;
  }
  if (isHanging) return;
  if (req.url.startsWith('/.well-known/') && Object.keys(discovery).length > 0) {
    const { port } = server.address();
    const document = { issuer: `https://localhost:${port}`, jwks_uri: `https://localhost:${port}/jwks`, ...discovery };
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(document));
    return;
  }
  handler(req, res);
});
// The library warns on stdout what would be wrong in production.
console.info = console.warn = console.log = (...words) => console.error(...words);
await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
publish(['a'], 'RS256');
say({ listening: server.address().port });

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const answer = {};
  try {
    if (command.keys) publish(command.keys, command.alg ?? 'RS256');
    if ('away' in command) isAway = command.away;
    if ('hanging' in command) isHanging = command.hanging;
    if (command.discovery) discovery = command.discovery;
    if (command.seen) answer.seen = seen;
    if (command.mint) answer.token = await mint(command.mint);
  } catch (err) {
    answer.error = String(err?.stack ?? err);
  }
  say(answer);
}
process.exit(0);
