import { type Route, toOperation } from './operation.js';
import { operatorRoutes } from './operator-routes.js';
import { pushRoutes } from './push-routes.js';
import { schemas } from './schemas.js';
import { studioRoutes } from './studio-routes.js';
import { uploadRoutes } from './upload-routes.js';
import { visitorRoutes } from './visitor-routes.js';

const tags = [
  { name: 'Connecting', description: "From the first page through digi.me's consent and back." },
  { name: 'Pushing files', description: "Into a person's digi.me library." },
  {
    name: 'Resumable uploads',
    description: 'Files for the library by tus 1.0: what breaks off is continued.',
  },
  { name: 'Pushing to a provider', description: 'FHIR STU3 bundles to a Dutch MedMij provider.' },
  { name: 'Pushes', description: 'What became of what was sent.' },
  { name: 'Accounts', description: 'Permissions, account by account.' },
  { name: 'Reading back', description: 'What is in the library.' },
  { name: 'Leaving', description: 'Disconnecting and being forgotten.' },
  { name: 'Inspector', description: 'What went over the wire; in sandbox mode, what may go wrong.' },
  { name: 'Studio', description: "The developer's split screen (sandbox mode)." },
  { name: 'Running it', description: 'For operators.' },
  { name: 'Pages', description: 'What pages need.' },
];

const description = `Browsers get pages; a request with \`Accept: application/json\` gets JSON from the same route.
A visitor is a session, kept in a cookie: \`digime-push\`, or \`__Host-digime-push\` where the app is reached over TLS.
A POST that another site made a browser send is refused (\`CrossSiteRequest\`). Errors have one shape, see \`Error\`.`;

/** Every route in the order in which it is shown. */
export const routes: readonly Route[] = [
  ...visitorRoutes,
  ...pushRoutes,
  ...uploadRoutes,
  ...operatorRoutes,
  ...studioRoutes,
];

/** The HTTP interface as OpenAPI 3.1. @param version of the app */
export function openApiDocument(version: string, server: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const tag of tags) {
    for (const route of routes.filter((candidate) => candidate.tag === tag.name)) {
      paths[route.path] = { ...paths[route.path], [route.method]: toOperation(route) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Push to digi.me',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server }],
    tags,
    paths,
    components: { schemas },
  };
}
