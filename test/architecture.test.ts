import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');

interface SourceFile {
  /** Relative to src, with slashes. */
  path: string;
  room: string;
  text: string;
  lines: number;
  /** Packages that are imported for more than their types. */
  running: string[];
  /** Relative imports, resolved to paths below src; packages as they are. */
  imports: string[];
}

function readSources(): SourceFile[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(src, path), 'utf8');
      const imports = [
        ...text.matchAll(
          /^(?:import|export)\s[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
        ),
      ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
      const running = [...text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from\s+'([^'.][^']*)'/gm)].map(
        (match) => match[1] ?? '',
      );
      return {
        path,
        room: path.includes('/') ? (path.split('/')[0] ?? '') : '',
        text,
        running,
        lines: text.split('\n').length - 1,
        imports: imports.map((name) =>
          name.startsWith('.') ? normalize(join(dirname(path), name)).replace(/\.js$/, '.ts') : name,
        ),
      };
    });
}

const sources = readSources();
const features = ['connections', 'onboarding', 'leave', 'push', 'accounts', 'library', 'inspector', 'studio'];
const roomOf = (imported: string) => (imported.includes('/') ? imported.split('/')[0] : '');
const inside = (imported: string) => imported.endsWith('.ts');
const offenders = (files: SourceFile[], isOffence: (file: SourceFile, imported: string) => boolean) =>
  files.flatMap((file) =>
    file.imports
      .filter((imported) => isOffence(file, imported))
      .map((imported) => `${file.path} imports ${imported}`),
  );

test('the sources are found and their imports are read', () => {
  expect(sources.length).toBeGreaterThan(60);
  expect(sources.find(({ path }) => path === 'app.ts')?.imports).toContain('web/index.ts');
});

test('the client of the digi.me API imports nothing of the app', () => {
  const client = sources.filter(({ room }) => room === 'digime');
  expect(offenders(client, (_file, imported) => inside(imported) && roomOf(imported) !== 'digime')).toEqual(
    [],
  );
  expect(
    offenders(client, (_file, imported) => ['express', 'knex', 'pino', 'multer'].includes(imported)),
  ).toEqual([]);
});

test('the bundle check imports nothing of the app', () => {
  const check = sources.filter(({ room }) => room === 'fhir');
  expect(check.length).toBeGreaterThan(20);
  expect(offenders(check, (_file, imported) => inside(imported) && roomOf(imported) !== 'fhir')).toEqual([]);
});

test('the sandbox imports nothing of the app and nothing of the client', () => {
  const sandbox = sources.filter(({ room }) => room === 'sandbox');
  expect(offenders(sandbox, (_file, imported) => inside(imported) && roomOf(imported) !== 'sandbox')).toEqual(
    [],
  );
});

test('only the process knows the sandbox', () => {
  const others = sources.filter(
    ({ room, path }) => room !== 'sandbox' && !['main.ts', 'sandbox-platform.ts'].includes(path),
  );
  expect(offenders(others, (_file, imported) => roomOf(imported) === 'sandbox')).toEqual([]);
});

test('rooms are entered by their index, but for threads, which load no more than they need', () => {
  const outside = (file: SourceFile, imported: string) =>
    inside(imported) &&
    [...features, 'digime', 'fhir', 'config', 'storage', 'tracing', 'web', 'sandbox'].includes(
      roomOf(imported) ?? '',
    ) &&
    roomOf(imported) !== file.room &&
    !file.path.endsWith('-thread.ts') &&
    imported.split('/').slice(1).join('/') !== 'index.ts';
  expect(offenders(sources, outside)).toEqual([]);
});

test('features import only the client, storage, web, the errors, settings and one another', () => {
  const allowed = new Set(['config', 'digime', 'fhir', 'storage', 'tracing', 'web', ...features]);
  const allowedFiles = new Set(['errors.ts']);
  const inFeatures = sources.filter(({ room }) => features.includes(room));
  expect(
    offenders(
      inFeatures,
      (_file, imported) =>
        inside(imported) && !allowed.has(roomOf(imported) ?? '') && !allowedFiles.has(imported),
    ),
  ).toEqual([]);
});

test('files do not import one another in a circle, not even for a type', () => {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const circles = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) circles.add([...trail.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const next of byPath.get(path)?.imports.filter(inside) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) walk(path, []);
  expect([...circles]).toEqual([]);
});

test('rooms do not import one another in a circle', () => {
  const edges = new Map<string, Set<string>>();
  for (const { room, imports } of sources) {
    for (const imported of imports.filter(inside)) {
      const other = roomOf(imported) ?? '';
      if (room && other && other !== room) edges.set(room, (edges.get(room) ?? new Set()).add(other));
    }
  }
  const circles: string[] = [];
  const walk = (room: string, path: string[]): void => {
    if (path.includes(room)) circles.push([...path.slice(path.indexOf(room)), room].join(' → '));
    else for (const next of edges.get(room) ?? []) walk(next, [...path, room]);
  };
  for (const room of edges.keys()) walk(room, []);
  expect(circles).toEqual([]);
});

test('only verify-jwt.ts of the client verifies, only http.ts and what it uses reach the network', () => {
  const notSandbox = sources.filter(({ room }) => room !== 'sandbox');
  expect(
    offenders(
      notSandbox,
      (file, imported) =>
        // `warm-up.ts` loads it ahead and does nothing with it.
        imported === 'jsonwebtoken' && !['digime/crypto/verify-jwt.ts', 'warm-up.ts'].includes(file.path),
    ),
  ).toEqual([]);
  // `node:net` also knows how addresses are written, which reaches nobody.
  const readsAddresses = (path: string) =>
    ['config/trust-proxy.ts', 'web/host-check.ts', 'web/private-access.ts'].includes(path);
  const network = new Set(['digime/wire/http.ts', 'digime/wire/axios-exchange.ts', 'digime/wire/sockets.ts']);
  const talkers = notSandbox.filter(
    ({ path, running }) =>
      running.some((name) => ['axios', 'node:http', 'node:https', 'node:net', 'undici'].includes(name)) &&
      !network.has(path) &&
      !readsAddresses(path) &&
      path !== 'start-app.ts',
  );
  expect(talkers.map(({ path }) => path)).toEqual([]);
  const fetching = notSandbox.filter(
    ({ path, text }) => /(?<![.\w#])fetch\(/.test(text) && path !== 'main.ts',
  );
  expect(fetching.map(({ path }) => path)).toEqual([]);
});

test('the SDKs of OpenTelemetry and of S3 are loaded only where they are set up', () => {
  const users = sources.filter(({ running }) =>
    running.some((name) => /^@(opentelemetry|aws-sdk)\//.test(name)),
  );
  expect(users.map(({ path }) => path).sort()).toEqual(['tracing/otlp-tracing.ts']);
  const loading = sources.filter(({ text }) => /^import (?!type\b)[^;]*otlp-tracing/m.test(text));
  expect(loading).toEqual([]);
});

test('the environment is read in one place', () => {
  const readers = sources.filter(({ text }) => text.includes('process.env')).map(({ path }) => path);
  expect(readers).toEqual(['main.ts']);
});

test('files hold one thought: none is over 350 lines', () => {
  expect(sources.filter(({ lines }) => lines > 350).map(({ path, lines }) => `${path}: ${lines}`)).toEqual(
    [],
  );
});

test('files have names that say what is in them', () => {
  const vague = sources.filter(({ path }) => /(^|\/)(utils?|helpers?|common|types|misc)\.ts$/.test(path));
  const notKebab = sources.filter(({ path }) => !/^[a-z0-9/.-]+$/.test(path));
  expect([...vague, ...notKebab].map(({ path }) => path)).toEqual([]);
  expect(sources.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path)).toEqual([]);
});

test('pages hold no inline script or style, and only includes are unescaped, and what escapes itself', () => {
  const views = readdirSync(join(root, 'views'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ejs'),
  );
  expect(views.length).toBeGreaterThan(5);
  const offences = views.flatMap((path) => {
    const text = readFileSync(join(root, 'views', path), 'utf8');
    return [
      ...[...text.matchAll(/<%-(?!\s*(?:include|textareaHtml)\()/g)].map(() => `${path}: unescaped output`),
      ...[...text.matchAll(/<script(?![^>]*\bsrc=)[^>]*>/g)].map(() => `${path}: inline script`),
      ...[...text.matchAll(/<style|\sstyle="|\son[a-z]+="/g)].map(([found]) => `${path}: ${found}`),
    ];
  });
  expect(offences).toEqual([]);
});
