import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/index.js';
import { project, read } from '../docs/read-pages.js';

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string>;
  network_mode?: string;
  depends_on?: Record<string, { condition: string }> | string[];
  ports?: string[];
  volumes?: string[];
  healthcheck?: object;
  read_only?: boolean;
  cap_drop?: string[];
  stop_grace_period?: string;
}

const { services, volumes } = parse(read('deploy/compose.cluster.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, object>;
};
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);
const apps = ours.filter(([name]) => name.startsWith('app-')).map(([, service]) => service);
const example = read('.env.example');

test('there are three apps, PostgreSQL, an S3 server, a proxy and one sandbox', () => {
  expect(apps).toHaveLength(3);
  expect(
    Object.keys(services)
      .filter((name) => !name.startsWith('app-'))
      .sort(),
  ).toEqual(['bucket', 'minio', 'postgres', 'proxy', 'sandbox']);
});

test.each(ours)(
  '%s is built from here and has settings that the app knows',
  (_name, { build, environment = {} }) => {
    expect(existsSync(join(project, 'deploy', build ?? '', 'Dockerfile'))).toBe(true);
    const unknown = Object.keys(environment).filter((name) => !example.includes(`# ${name}=`));
    // What the AWS SDK reads by itself.
    expect(unknown.filter((name) => !/^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)$/.test(name))).toEqual([]);
    const env = {
      ...environment,
      ...(environment.APP_SECRET && { APP_SECRET: 'yT4qk0iV9o2Zs7mB1xNc8LwRf5JhDpGu' }),
    };
    expect(() => loadConfig(env)).not.toThrow();
  },
);

test('no secret of the app has a value: who starts it gives one', () => {
  for (const { environment } of apps) expect(environment?.APP_SECRET).toMatch(/^\$\{APP_SECRET:\?/);
});

describe('names fit together', () => {
  const portOf = (app: Service) => Number(app.environment?.PORT);

  test('the proxy sends to each app, on the port that is published', () => {
    const conf = read('deploy/nginx.conf');
    const upstream = [...conf.matchAll(/server 127\.0\.0\.1:(\d+);/g)].map(([, port]) => Number(port));
    expect(upstream).toEqual(apps.map(portOf));
    expect(conf).not.toMatch(/^\s*(ip_hash|sticky|hash)\b/m);
    const [, listening] = /listen (\d+);/.exec(conf) ?? [];
    expect(services.sandbox?.ports).toContain(`127.0.0.1:${listening}:${listening}`);
    for (const { environment } of apps) expect(environment?.BASE_URL).toBe(`http://localhost:${listening}`);
    const [, size] = /client_max_body_size (\d+)m;/.exec(conf) ?? [];
    // A form is a little more than its file.
    expect(Number(size) * 2 ** 20).toBeGreaterThan(loadConfig({}).uploads.maxUploadBytes);
    expect(services.proxy?.volumes).toEqual(['./nginx.conf:/etc/nginx/nginx.conf:ro']);
  });

  test('what is depended on is there, and is healthy where that is waited for', () => {
    for (const { depends_on = {}, network_mode } of Object.values(services)) {
      const entries = Array.isArray(depends_on)
        ? depends_on.map((name) => [name, { condition: 'service_started' }] as const)
        : Object.entries(depends_on);
      for (const [name, { condition }] of entries) {
        expect(services).toHaveProperty([name]);
        // The image of the app has a health check of its own.
        if (condition === 'service_healthy' && !name.startsWith('app-'))
          expect(services[name]?.healthcheck).toBeDefined();
      }
      if (network_mode !== undefined) expect(services).toHaveProperty([network_mode.replace('service:', '')]);
    }
    expect(read('Dockerfile')).toContain('HEALTHCHECK');
  });

  test('all instances share the secret, the database, the bucket and the sandbox', () => {
    const [first, ...others] = apps.map(
      ({ environment }): Record<string, string> => ({ ...environment, PORT: '' }),
    );
    for (const other of others) expect(other).toEqual(first);
    const { hostname, username, password, pathname } = new URL(first?.DATABASE_URL ?? '');
    expect(services[hostname]?.environment).toEqual({
      POSTGRES_USER: username,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: pathname.slice(1),
    });
    const store = new URL(first?.S3_ENDPOINT ?? '');
    expect(services[store.hostname]?.environment).toEqual({
      MINIO_ROOT_USER: first?.AWS_ACCESS_KEY_ID,
      MINIO_ROOT_PASSWORD: first?.AWS_SECRET_ACCESS_KEY,
    });
    const bucket = new URL(first?.PAYLOAD_STORE ?? '').hostname;
    expect(services.bucket?.command?.join('\n')).toContain(`mc mb --ignore-existing store/${bucket}\n`);
    expect(first?.SANDBOX_URL).toBe(`http://localhost:${services.sandbox?.environment?.SANDBOX_PORT}/`);
  });

  test('named volumes are declared, and files that are mounted exist', () => {
    for (const volume of Object.values(services).flatMap((service) => service.volumes ?? [])) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(join(project, 'deploy', source))).toBe(true);
      else expect(volumes).toHaveProperty([source]);
    }
  });
});

test('images have a version, and only this machine can reach what is published', () => {
  for (const { image, ports = [] } of Object.values(services)) {
    if (image !== undefined) expect(image).toMatch(/^[\w/-]+:[\w.-]*\d[\w.-]*$/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test('apps have no rights, and more time to end than they need', () => {
  for (const { read_only, cap_drop, stop_grace_period, environment } of apps) {
    expect([read_only, cap_drop]).toEqual([true, ['ALL']]);
    expect(Number.parseInt(stop_grace_period ?? '0', 10)).toBeGreaterThanOrEqual(
      Number(environment?.DRAIN_SECONDS) + 10,
    );
  }
});

test('every file of deploy/ is looked at by a test', () => {
  expect(readdirSync(join(project, 'deploy')).sort()).toEqual([
    'compose.cluster.yaml',
    'grafana',
    'kubernetes',
    'nginx.conf',
    'prometheus',
  ]);
});
