import { register } from 'node:module';

// Given to `node --import`: an import of what `REFUSED_MODULES` lists, by packages' names or ends of addresses, fails.
const hooks = `
const refused = ${JSON.stringify((process.env.REFUSED_MODULES ?? '').split(','))};
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  if (refused.some((name) => specifier === name || found.url.endsWith(name))) throw new Error('refused: ' + specifier);
  return found;
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
