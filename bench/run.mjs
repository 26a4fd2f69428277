import { ensureBuilt, ensureInstalled } from '../scripts/prepare.mjs';

/** `npm run bench`: every benchmark as one table; words given choose among them: `npm run bench -- client`. */
await ensureInstalled();
await ensureBuilt();
const benches = {
  client: async () => (await import('./client.mjs')).benchClient(),
  push: async () => (await import('./push-service.mjs')).benchPushService(),
  'push-details': async () => (await import('./push-details.mjs')).benchPushDetails(),
  fhir: async () => (await import('./fhir.mjs')).benchFhir(),
  instances: async () => (await import('./instances.mjs')).benchInstances(),
  outage: async () => (await import('./outage.mjs')).benchOutage(),
  ledger: async () => (await import('./large-ledger.mjs')).benchLedger(),
  start: async () => (await import('./start.mjs')).benchStart(),
  pages: async () => (await import('./pages.mjs')).benchPages(),
};
const chosen = process.argv.slice(2);
const rows = [];
for (const [name, bench] of Object.entries(benches)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  rows.push(...(await bench()));
}
for (const { what, value, unit, ratio = '', goal = '', reached } of rows) {
  const verdict = reached === undefined ? '' : reached ? 'reached' : 'missed';
  console.log(
    `${what.padEnd(70)} ${`${value} ${unit}`.padStart(18)} ${ratio.padStart(22)} ${goal.padStart(12)} ${verdict}`,
  );
}
// Sockets that a benchmark kept alive must not keep the command from ending.
process.exit(0);
