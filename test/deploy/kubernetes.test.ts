import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/index.js';
import { routes } from '../../src/openapi/document.js';
import { project, read } from '../docs/read-pages.js';

const folder = 'deploy/kubernetes';
const files = readdirSync(join(project, folder)).sort();

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked into freely
type Manifest = any;

const manifests = files
  .filter((name) => name !== 'kustomization.yaml')
  .flatMap((name) => parseAllDocuments(read(`${folder}/${name}`)))
  .map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
const only = (kind: string): Manifest => {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  expect(found).toHaveLength(1);
  return found[0];
};
const deployment = only('Deployment');
const pod = deployment.spec.template;
const [container] = pod.spec.containers;
const settings: Record<string, string> = only('ConfigMap').data;
const secretNamed = (name: string): Manifest =>
  manifests.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === name);

const require = createRequire(import.meta.url);
const schemas = join(dirname(require.resolve('kubernetes-models')), '_schemas');
interface Validate {
  (data: unknown): boolean;
  errors?: unknown;
}

/** The schema that Kubernetes publishes for it, compiled. */
function schemaOf({ apiVersion, kind }: Manifest): Validate {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const capital = (word: string) => word[0]?.toUpperCase() + word.slice(1);
  const name = `IoK8sApi${capital(group.split('.')[0])}${capital(version)}${kind}`;
  return require(join(schemas, `${name}.js`)).validate;
}

/** Members that the schema never looks at: the API server would drop them without a word, as it does misspelt ones. */
function unknownMembers(manifest: Manifest): string[] {
  const read = new Set<string>();
  const watched = (value: Manifest, path: string): Manifest =>
    typeof value !== 'object' || value === null
      ? value
      : new Proxy(value, {
          get: (target, key) => {
            if (typeof key !== 'string' || !Object.hasOwn(target, key)) return target[key];
            read.add(`${path}/${key}`);
            return watched(target[key], `${path}/${key}`);
          },
        });
  const pathsOf = (value: Manifest, path: string): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.keys(value).flatMap((key) => [`${path}/${key}`, ...pathsOf(value[key], `${path}/${key}`)]);
  schemaOf(manifest)(watched(manifest, ''));
  return pathsOf(manifest, '').filter((path) => !read.has(path));
}

describe('every manifest', () => {
  const named = manifests.map(
    (manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const,
  );

  test.each(named)(
    '%s is what Kubernetes takes, and has no member that it does not know',
    (_name, manifest) => {
      const validate = schemaOf(manifest);
      expect([validate(manifest), validate.errors]).toEqual([true, null]);
      expect(unknownMembers(manifest)).toEqual([]);
    },
  );

  test('is checked strictly: a wrong type and a misspelt member are found', () => {
    const broken = structuredClone(deployment);
    broken.spec.replicas = 'three';
    expect(schemaOf(broken)(broken)).toBe(false);
    const misspelt = structuredClone(deployment);
    misspelt.spec.template.spec.terminationGracePeriodSecond = 5;
    expect(unknownMembers(misspelt)).toEqual(['/spec/template/spec/terminationGracePeriodSecond']);
  });

  test('is in the kustomization', () => {
    const { resources } = parse(read(`${folder}/kustomization.yaml`)) as { resources: string[] };
    const there = files
      .filter((name) => name !== 'kustomization.yaml')
      .map((name) => name.replace('.example', ''));
    expect([...resources].sort()).toEqual(there.sort());
  });
});

describe('names fit together', () => {
  test('selectors choose the pods', () => {
    const { labels } = pod.metadata;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(only('Service').spec.selector).toEqual(labels);
    expect(only('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(pod.spec.topologySpreadConstraints[0].labelSelector.matchLabels).toEqual(labels);
  });

  test('the way from the ingress to the app’s port is whole', () => {
    const [rule] = only('Ingress').spec.rules;
    const { service } = rule.http.paths[0].backend;
    const [port] = only('Service').spec.ports;
    expect(service).toEqual({ name: only('Service').metadata.name, port: { name: port.name } });
    const [open] = container.ports;
    expect(port.targetPort).toBe(open.name);
    expect(String(open.containerPort)).toBe(settings.PORT);
    expect(pod.metadata.annotations['prometheus.io/port']).toBe(settings.PORT);
    expect(new URL(settings.BASE_URL ?? '').hostname).toBe(rule.host);
    expect(only('Ingress').spec.tls[0].hosts).toEqual([rule.host]);
  });

  test('probes and the scrape ask routes of the app', () => {
    const paths = new Set(routes.filter(({ method }) => method === 'get').map(({ path }) => path));
    const asked = ['startupProbe', 'readinessProbe', 'livenessProbe'].map(
      (probe) => container[probe].httpGet,
    );
    for (const { path, port } of asked) {
      expect(paths).toContain(path);
      expect(port).toBe(container.ports[0].name);
    }
    expect(asked.map(({ path }) => path)).toEqual(['/readyz', '/readyz/instance', '/healthz']);
    expect(paths).toContain(pod.metadata.annotations['prometheus.io/path']);
  });

  test('what is mounted and referred to is there', () => {
    const volumes = pod.spec.volumes.map(({ name }: { name: string }) => name);
    expect(container.volumeMounts.map(({ name }: { name: string }) => name).sort()).toEqual(volumes.sort());
    const { secretName } = pod.spec.volumes.find(({ name }: { name: string }) => name === 'secrets').secret;
    const keys = Object.keys(secretNamed(secretName).stringData);
    const mounted = container.volumeMounts.find(({ name }: { name: string }) => name === 'secrets').mountPath;
    const wanted = Object.entries(settings).filter(([name]) => name.endsWith('_FILE'));
    expect(wanted.map(([, path]) => path).sort()).toEqual(keys.map((key) => `${mounted}/${key}`).sort());
    const [fromMap, fromSecret] = container.envFrom;
    expect(fromMap.configMapRef.name).toBe(only('ConfigMap').metadata.name);
    expect(secretNamed(fromSecret.secretRef.name)).toBeDefined();
  });
});

describe('the settings', () => {
  const secrets = mkdtempSync(join(tmpdir(), 'secrets-'));
  afterAll(() => rmSync(secrets, { recursive: true, force: true }));

  test('are a configuration that the app starts with', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const contents: Record<string, string> = {
      'app-secret': 'yT4qk0iV9o2Zs7mB1xNc8LwRf5JhDpGu',
      'database-url': 'postgres://push:secret@database/push',
      'contract.pem': privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    };
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(secrets, name), content);
    const env = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, value.replace('/run/secrets/push', secrets)]),
    );
    expect(loadConfig(env)).toMatchObject({
      mode: 'live',
      trustProxy: 1,
      databaseUrl: contents['database-url'],
    });
    const known = read('.env.example');
    const unknown = Object.keys(settings).filter(
      (name) => !known.includes(`# ${name.replace(/_FILE$/, '')}=`),
    );
    expect(unknown).toEqual([]);
  });

  test('leave a stopped instance its time: the wait for the proxies, the drain, and what is left to write', () => {
    const [command, seconds] = container.lifecycle.preStop.exec.command;
    expect(command).toBe('sleep');
    const needed = Number(seconds) + Number(settings.DRAIN_SECONDS) + 10;
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(needed);
  });
});

test('an instance has no rights: no root, nothing of the image to write to, no capability, no token', () => {
  expect(pod.spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const writable = container.volumeMounts.filter(({ readOnly }: { readOnly?: boolean }) => readOnly !== true);
  expect(writable.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual([
    settings.DATA_DIR,
    '/tmp',
  ]);
});

test('no secret is in version control', () => {
  for (const { kind, stringData, data } of manifests)
    if (kind === 'Secret')
      expect([...Object.values(stringData), data]).toEqual([
        ...Object.keys(stringData).map(() => ''),
        undefined,
      ]);
  expect(files).not.toContain('secret.yaml');
  expect(read('.gitignore')).toContain(`${folder}/secret.yaml`);
});
