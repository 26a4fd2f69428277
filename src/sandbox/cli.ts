#!/usr/bin/env node
import { parseArgs } from 'node:util';
import type { SandboxOptions } from './sandbox-options.js';
import { startSandbox } from './start-sandbox.js';

const usage = `Usage: digime-sandbox [options]

A digi.me that runs on this machine, strict, for tests and for trying out.

  --port N          where to listen (8082; 0 for any free port)
  --host ADDRESS    which address to listen on (127.0.0.1)
  --data-dir PATH   where to keep keys, libraries and files (.digime-sandbox)
  --fresh           forget what an earlier run left there
  --callback URL    register a callback besides those on localhost; may be repeated
  --public-url URL  the address under which clients and people reach it
  --help
`;

const known = {
  port: { type: 'string', default: '8082' },
  host: { type: 'string' },
  'data-dir': { type: 'string', default: '.digime-sandbox' },
  fresh: { type: 'boolean', default: false },
  callback: { type: 'string', multiple: true },
  'public-url': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** @returns `undefined` where only help was asked for */
function readArguments(): SandboxOptions | undefined {
  const { values } = parseArgs({ options: known });
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error('--port must be a number up to 65535');
  return {
    port,
    host: values.host,
    dataDir: values['data-dir'],
    fresh: values.fresh,
    callbacks: values.callback ?? [],
    ...(values['public-url'] && { publicUrl: values['public-url'] }),
  };
}

async function main(): Promise<void> {
  const options = readArguments();
  if (!options) {
    process.stdout.write(usage);
    return;
  }
  const sandbox = await startSandbox(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
  }
  const url = sandbox.url.replace(/\/$/, '');
  process.stdout.write(`sandbox ready on ${url}\n  begin at          ${url}/sandbox\n`);
  await sandbox.prepare();
}

main().catch((error: unknown) => {
  process.stderr.write(`digime-sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
