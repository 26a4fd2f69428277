import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, type Zippable, zipSync } from 'fflate';
import { printLiteral } from './print-literal.js';
import type { Step } from './step.js';

// src/inspector and dist/inspector lie equally deep below the project.
const root = fileURLToPath(new URL('../../', import.meta.url));
const clientPackages = ['axios', 'jsonwebtoken', 'node-rsa', 'zod'];

/**
 * A zip of a small project that does again what a visitor has just done: authorize, exchange the code, push. It holds the
 * client as a package, so that only the client's own dependencies come from a registry.
 * @param sandboxUrl the sandbox that it talks to unless it is given credentials
 */
export function exportProject(steps: readonly Step[], sandboxUrl: string | undefined): Uint8Array {
  const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const versions = Object.fromEntries(
    clientPackages
      .filter((name) => name in project.dependencies)
      .map((name) => [name, project.dependencies[name]]),
  );
  const files: Zippable = {
    'package.json': asJson({
      name: 'push-to-digi-me',
      version: '1.0.0',
      private: true,
      type: 'module',
      engines: { node: '>=20' },
      scripts: { prestart: 'npm install --no-audit --no-fund', start: 'tsx push.ts' },
      dependencies: { 'digime-client': 'file:digime-client', tsx: '^4.0.0' },
    }),
    'README.md': strToU8(readme),
    'push.ts': strToU8(program(steps, sandboxUrl ?? 'http://localhost:8082/')),
    'digime-client/package.json': asJson({
      name: 'digime-client',
      version: project.version,
      license: project.license,
      type: 'module',
      exports: { types: './dist/index.d.ts', default: './dist/index.js' },
      dependencies: versions,
    }),
  };
  const client = join(root, 'dist/digime');
  for (const path of readdirSync(client, { recursive: true, encoding: 'utf8' }))
    if (/\.(js|d\.ts)$/.test(path)) files[`digime-client/dist/${path}`] = readFileSync(join(client, path));
  return zipSync(files, { level: 6 });
}

const asJson = (value: object) => strToU8(`${JSON.stringify(value, null, 2)}\n`);

/** What the newest push to a library said about its file. */
function descriptorOf(steps: readonly Step[]): unknown {
  const push = steps.findLast(
    (step) => step.kind === 'exchange' && step.exchange.request.fileDescriptor !== undefined,
  );
  return push?.kind === 'exchange'
    ? push.exchange.request.fileDescriptor
    : { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };
}

function program(steps: readonly Step[], sandboxUrl: string): string {
  return readFileSync(join(root, 'views/inspector/project.txt'), 'utf8')
    .replace('__SANDBOX_URL__', () => printLiteral(sandboxUrl))
    .replace('__DESCRIPTOR__', () => printLiteral(descriptorOf(steps)));
}

const readme = `# Push to digi.me

\`npm start\` installs what is missing, prints an address to open, waits until it was allowed there, and pushes a file.
It talks to the sandbox that it was exported from, which must be running (\`SANDBOX_URL\` names another one).

Settings are environment variables: \`FILE\` (what to push), \`PORT\` (of the callback, 8090), and for the real digi.me
\`DIGIME_APPLICATION_ID\`, \`DIGIME_CONTRACT_ID\` and \`DIGIME_PRIVATE_KEY_FILE\`; then \`http://localhost:8090/return\` must be
registered as a callback of the contract.
`;
