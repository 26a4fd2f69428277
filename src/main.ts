import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type Config, ConfigError, loadConfig } from './config/index.js';
import type { Sandbox, SandboxCredentials } from './sandbox/index.js';
import { sandboxPlatform } from './sandbox-platform.js';
import { type Platform, startApp } from './start-app.js';
import { lockDataDir, ownSecret } from './storage/index.js';
import { createLogger, type Logger } from './web/index.js';

const warmUpAfterMs = 200;

/** The real environment wins over `.env`. */
function readEnvironment(): Record<string, string | undefined> {
  const fromFile = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return { ...fromFile, ...process.env };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function openSandbox(config: Config, log: Logger, fresh: boolean): Promise<Sandbox> {
  // Not read where the app talks to the real digi.me.
  const { startSandbox } = await import('./sandbox/index.js');
  return startSandbox({
    port: config.sandbox.port,
    host: config.sandbox.host,
    dataDir: join(config.dataDir, 'sandbox'),
    callbacks: [...config.sandbox.callbacks, ...(config.baseUrl ? [`${config.baseUrl}return`] : [])],
    fresh,
    log: (entry) => log.info(entry, 'sandbox'),
  });
}

/** The credentials of a sandbox that runs in another process (`SANDBOX_URL`). */
async function fetchCredentials(url: string): Promise<SandboxCredentials> {
  const response = await fetch(new URL('sandbox/credentials', url));
  if (!response.ok) throw new Error(`the sandbox at ${url} gave no credentials: ${response.status}`);
  return (await response.json()) as SandboxCredentials;
}

function onSignals(stop: () => Promise<void>, log: Logger): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      stop().then(
        () => process.exit(0),
        (error) => {
          log.fatal({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    });
  }
}

async function runSandbox(config: Config, log: Logger, fresh: boolean): Promise<void> {
  const sandbox = await openSandbox(config, log, fresh);
  onSignals(() => sandbox.close(), log);
  say(`sandbox ready on ${sandbox.url.replace(/\/$/, '')}`);
  say(`  API base URL      ${sandbox.baseUrl}`);
  say(`  onboarding URL    ${sandbox.onboardUrl}`);
  say(`  credentials       ${sandbox.url}sandbox/credentials`);
  await sandbox.prepare();
}

async function findSandbox(config: Config, sandbox: Sandbox | undefined): Promise<Platform> {
  const url = config.sandbox.url ?? sandbox?.url ?? '';
  return sandboxPlatform(sandbox?.credentials() ?? (await fetchCredentials(url)), url);
}

async function runApp(config: Config, log: Logger, fresh: boolean): Promise<void> {
  // Before the sandbox, which keeps its state in the same folder.
  const unlock = config.databaseUrl === undefined ? await lockDataDir(config.dataDir) : undefined;
  const sandbox =
    config.mode === 'sandbox' && config.sandbox.url === undefined
      ? await openSandbox(config, log, fresh)
      : undefined;
  const platform: Platform = config.mode === 'live' ? config.digime : await findSandbox(config, sandbox);
  const app = await startApp({
    config,
    platform,
    log,
    appSecret: config.appSecret ?? ownSecret(config.dataDir),
    appSecretPrevious: config.appSecretPrevious,
    isDevelopment: process.argv.includes('--dev'),
  });
  onSignals(async () => {
    await app.close();
    await sandbox?.close();
    await unlock?.();
  }, log);
  if (sandbox !== undefined) say(`sandbox ready on ${sandbox.url.replace(/\/$/, '')}`);
  say(`app ready on http://localhost:${app.port}`);
  // Whoever waited for this line is answered first.
  setTimeout(() => {
    Promise.all([sandbox?.prepare(), app.warmUp()]).catch((err) =>
      log.warn({ err }, 'something could not be made ready ahead of its first use'),
    );
  }, warmUpAfterMs).unref();
}

async function main(): Promise<void> {
  const config = loadConfig(readEnvironment());
  const log = createLogger(config.logLevel);
  const fresh = process.argv.includes('--fresh');
  if (process.argv[2] === 'admin') {
    const { runAdmin } = await import('./admin/index.js');
    return runAdmin({
      config,
      appSecret: () => config.appSecret ?? ownSecret(config.dataDir),
      words: process.argv.slice(3),
      say,
    });
  }
  if (process.argv[2] !== 'sandbox') return runApp(config, log, fresh);
  if (config.mode === 'live')
    throw new ConfigError([
      'the sandbox does not start in live mode: unset the DIGIME_ credentials or set DIGIME_MODE=sandbox',
    ]);
  return runSandbox(config, log, fresh);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof ConfigError ? error.message : `The app could not start: ${error instanceof Error ? error.message : String(error)}`}\n`,
  );
  process.exit(1);
});
