import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { transformFileSync } from '@swc/core';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { root, runNpm } from './run-command.mjs';

/**
 * The rooms of `src/` that are packages of their own. `room` has an `index.ts`, which is the package's one entry; `assets`
 * are copied to the same place in the package, so that paths relative to the code hold; `bin` names files of the room.
 */
const packages = {
  client: {
    name: 'digime-client',
    room: 'digime',
    description:
      'A client of the digi.me API: authorize, push files and FHIR bundles, read back. Same calls as the Node SDK.',
    keywords: ['digi.me', 'digime', 'fhir', 'medmij', 'personal-data'],
  },
  sandbox: {
    name: 'digime-sandbox',
    room: 'sandbox',
    description: 'A digi.me that runs on this machine, strict, for tests and for trying out.',
    keywords: ['digi.me', 'digime', 'sandbox', 'mock-server', 'testing'],
    bin: { 'digime-sandbox': 'cli.js' },
    assets: ['views/sandbox', 'public/sandbox.css', 'public/sandbox-library.js'],
  },
};

/**
 * `npm run pack:client`, `npm run pack:sandbox`: an installable tarball in the folder given, by default the project's.
 *
 * The code goes in once, as CommonJS, with an ES module beside it that only exports it again: whoever mixes both gets the
 * same classes, so `instanceof` holds. The types are those that tsc wrote, without what is marked `@internal`.
 */
const [which = '', into = root] = process.argv.slice(2);
const recipe = packages[which];
if (!recipe) {
  process.stderr.write(
    `pack: name one of ${Object.keys(packages).join(', ')}, and the folder for the tarball\n`,
  );
  process.exit(1);
}
await ensureInstalled();
await ensureBuilt();
const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// Of this process alone: two that pack at once must not meet. Below the project, so that what is imported is found.
const staging = join(root, 'dist/packages', `${recipe.name}-${process.pid}`);
mkdirSync(join(staging, 'dist'), { recursive: true });
const imported = new Set([...copyCode(), ...copyTypes()]);
for (const asset of recipe.assets ?? []) cpSync(join(root, asset), join(staging, asset), { recursive: true });
cpSync(join(root, 'LICENSE'), join(staging, 'LICENSE'));
writeReadme();
writeManifest();
writeModule();
// Not `npm pack` of the project itself: its scripts and its files list are not this package's.
await runNpm(['pack', '--silent', '--ignore-scripts', '--pack-destination', resolve(into)], { cwd: staging });
rmSync(staging, { recursive: true });

/** Every source of the room as CommonJS below `dist/`, and its JSON as it is; gives the packages that they import. */
function copyCode() {
  const names = [];
  for (const path of filesOf(join(root, 'src', recipe.room))) {
    const source = join(root, 'src', recipe.room, path);
    const target = join(staging, 'dist', recipe.room, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    if (!path.endsWith('.ts')) {
      cpSync(source, target);
      continue;
    }
    const { code } = transformFileSync(source, {
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    writeFileSync(target, code);
    names.push(...[...code.matchAll(/\brequire\("([^".][^"]*)"\)/g)].map(([, name]) => name));
    names.push(...[...code.matchAll(/\bimport\("([^".][^"]*)"\)/g)].map(([, name]) => name));
  }
  return names;
}

/**
 * The declarations that the entry reaches, and no others. A type of Node's own is asked for under `@ts-ignore`: without
 * `@types/node` it is `any` there instead of an error in a file that is not the reader's.
 */
function copyTypes() {
  const names = [];
  const waiting = [join(recipe.room, 'index.d.ts')];
  const copied = new Set();
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    if (copied.has(path)) continue;
    copied.add(path);
    const text = readFileSync(join(root, 'dist', path), 'utf8');
    for (const [, name] of text.matchAll(/\b(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
      if (name.startsWith('.')) waiting.push(join(dirname(path), name.replace(/\.js$/, '.d.ts')));
      else names.push(name);
    }
    const target = join(staging, 'dist', path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text.replace(/^(?=(?:import|export)\s[^;]*?from 'node:)/gm, '// @ts-ignore\n'));
  }
  return names;
}

function writeManifest() {
  const dependencies = [...imported]
    .filter((name) => !isBuiltin(name))
    .map((name) => (name.startsWith('@') ? name.split('/', 2).join('/') : (name.split('/')[0] ?? '')))
    .sort();
  const entry = `./dist/${recipe.room}/index`;
  const manifest = {
    name: recipe.name,
    version: project.version,
    description: recipe.description,
    keywords: recipe.keywords,
    license: project.license,
    type: 'commonjs',
    engines: project.engines,
    sideEffects: false,
    main: `${entry}.js`,
    module: './index.mjs',
    types: `${entry}.d.ts`,
    exports: {
      '.': {
        import: { types: './index.d.mts', default: './index.mjs' },
        require: { types: `${entry}.d.ts`, default: `${entry}.js` },
      },
      './package.json': './package.json',
    },
    ...(recipe.bin
      ? {
          bin: Object.fromEntries(
            Object.entries(recipe.bin).map(([name, file]) => [name, `dist/${recipe.room}/${file}`]),
          ),
        }
      : {}),
    files: ['dist', 'index.mjs', 'index.d.mts', ...(recipe.assets ?? [])],
    dependencies: Object.fromEntries(
      [...new Set(dependencies)].map((name) => {
        const version = project.dependencies[name];
        if (!version) throw new Error(`${recipe.name} needs ${name}, which is no dependency of the project`);
        return [name, version];
      }),
    ),
  };
  writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The ES module: the names that the CommonJS entry has, and its types. */
function writeModule() {
  const entry = `./dist/${recipe.room}/index.js`;
  const values = Object.keys(createRequire(join(staging, 'package.json'))(entry)).sort();
  writeFileSync(
    join(staging, 'index.mjs'),
    `import entry from '${entry}';\n\nexport const { ${values.join(', ')} } = entry;\n`,
  );
  writeFileSync(join(staging, 'index.d.mts'), `export * from '${entry}';\n`);
}

function writeReadme() {
  const readme = recipe.readme ?? `docs/${which}.md`;
  try {
    cpSync(join(root, readme), join(staging, 'README.md'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    writeFileSync(join(staging, 'README.md'), `# ${basename(recipe.name)}\n\n${recipe.description}\n`);
  }
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();
}
