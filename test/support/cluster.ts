import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.js';
import { openS3Store, type PayloadStore } from '../../src/storage/index.js';
import { Browser } from './browser.js';
import { type ChildApp, startChild } from './child-app.js';
import { startKeyedSandbox } from './keyed-sandbox.js';
import { type RoundRobin, startRoundRobin } from './round-robin.js';
import { type S3Server, s3Credentials } from './s3-server.js';

/** Several instances on one database and one bucket, with a sandbox beside them and a proxy before them. */
export interface Cluster {
  readonly sandbox: Sandbox;
  readonly proxy: RoundRobin;
  readonly instances: ChildApp[];
  /** One more instance, with a disk of its own; requests are given to it from now on. */
  add(env?: Record<string, string>): Promise<ChildApp>;
  /** Gives no request to this instance any more. */
  takeOut(instance: ChildApp): void;
  /** A new visitor, whose requests go through the proxy. */
  browser(): Browser;
  /** What is in the bucket. */
  readonly payloads: PayloadStore;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly databaseUrl: string;
  readonly s3: S3Server;
  readonly instances?: number;
  readonly env?: Record<string, string>;
}

/** Starts the instances one after another: each next one finds the tables made. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  const proxy = await startRoundRobin();
  const sandbox = await startKeyedSandbox({ port: 0, dataDir: join(folder, 'sandbox') });
  const prefix = randomBytes(4).toString('hex');
  const instances: ChildApp[] = [];
  const inUse = new Set<ChildApp>();
  const useThem = () => proxy.use([...inUse].map(({ port }) => port));
  const add = async (env: Record<string, string> = {}) => {
    const instance = await startChild({
      dataDir: join(folder, `instance-${instances.length + 1}`),
      sandboxUrl: sandbox.url,
      env: {
        BASE_URL: proxy.baseUrl,
        TRUST_PROXY: '1',
        DATABASE_URL: options.databaseUrl,
        APP_SECRET: 'a secret of thirty-two characters',
        PAYLOAD_STORE: `s3://payloads/${prefix}`,
        S3_ENDPOINT: options.s3.endpoint,
        S3_REGION: 'us-east-1',
        ...s3Credentials,
        // The AWS SDK warns of a Node version that it will not support some day.
        NODE_NO_WARNINGS: '1',
        ...options.env,
        ...env,
      },
    });
    instances.push(instance);
    inUse.add(instance);
    useThem();
    return instance;
  };
  for (let count = 0; count < (options.instances ?? 3); count++) await add();
  return {
    ...{ sandbox, proxy, instances, add },
    takeOut: (instance) => {
      inUse.delete(instance);
      useThem();
    },
    browser: () => new Browser(proxy.baseUrl),
    payloads: await openS3Store({
      ...{ bucket: 'payloads', endpoint: options.s3.endpoint, region: 'us-east-1' },
      ...{ dataDir: join(folder, 'nobody'), prefix: `${prefix}/` },
    }),
    close: async () => {
      await proxy.close();
      await Promise.all(instances.map((instance) => instance.end('SIGKILL')));
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
