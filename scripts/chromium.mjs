import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { report, runNode, runOrExit } from './run-command.mjs';

const wellKnown = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ...['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map(
    (name) => process.env[name] && join(process.env[name], 'Google/Chrome/Application/chrome.exe'),
  ),
];

const found = () => wellKnown.find((path) => path && existsSync(path));

/** The path of a Chromium to test with; installs one where there is none (Debian's package, else Playwright's own). */
export async function ensureChromium() {
  const present = found();
  if (present) return present;
  if (process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0) {
    report('Installing Chromium for the tests in a browser …');
    await runOrExit('apt-get', ['update', '-qq']);
    await runOrExit(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
      {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      },
    );
    const installed = found();
    if (installed) return installed;
  }
  const { chromium } = await import('playwright-core');
  if (!existsSync(chromium.executablePath())) {
    report('Installing Chromium for the tests in a browser …');
    await runNode('node_modules/playwright-core/cli.js', ['install', '--with-deps', 'chromium']);
  }
  return chromium.executablePath();
}
