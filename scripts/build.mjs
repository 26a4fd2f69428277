import { build, ensureInstalled } from './prepare.mjs';

await ensureInstalled();
await build();
