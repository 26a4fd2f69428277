import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Router } from 'express';
import { AppError } from '../errors.js';
import { renderPage } from '../web/index.js';
import { openApiDocument } from './document.js';

const require = createRequire(import.meta.url);
const compress = promisify(gzip);

const { version: viewerVersion } = JSON.parse(
  readFileSync(require.resolve('swagger-ui-dist/package.json'), 'utf8'),
) as { version: string };
/** What the viewer consists of, by the name it is served under; a new version has new addresses. */
const viewerFiles = new Map([
  [`viewer-${viewerVersion}.js`, { file: 'swagger-ui-dist/swagger-ui-bundle.js', type: 'text/javascript' }],
  [`viewer-${viewerVersion}.css`, { file: 'swagger-ui-dist/swagger-ui.css', type: 'text/css' }],
]);

interface ViewerFile {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/**
 * `GET /openapi.json`, and `GET /docs`: the same as a page. The viewer is Swagger UI from its package, served from here:
 * it needs neither inline scripts nor inline styles, so the policy of all pages holds for this one.
 */
export function docsRouter(version: string, baseUrl: () => string): Router {
  const router = Router();
  const loaded = new Map<string, Promise<ViewerFile>>();
  const load = (name: string, file: string): Promise<ViewerFile> => {
    const known = loaded.get(name) ?? readViewerFile(file);
    loaded.set(name, known);
    // Not kept when it failed, so that the next request tries again.
    known.catch(() => loaded.delete(name));
    return known;
  };

  router.get('/openapi.json', (_req, res) => {
    res.json(openApiDocument(version, baseUrl()));
  });

  router.get('/docs', (req, res) => {
    renderPage(req, res, 'openapi/show', {
      viewerScript: `/docs/viewer-${viewerVersion}.js`,
      viewerStyle: `/docs/viewer-${viewerVersion}.css`,
    });
  });

  router.get('/docs/:file', async (req, res) => {
    const found = viewerFiles.get(req.params.file);
    if (found === undefined) throw new AppError('NotFound');
    const { plain, gzipped } = await load(req.params.file, found.file);
    const isGzipped = req.acceptsEncodings('gzip') === 'gzip';
    res.set({
      'Cache-Control': 'public, max-age=31536000, immutable',
      ...(isGzipped && { 'Content-Encoding': 'gzip' }),
    });
    res
      .vary('Accept-Encoding')
      .type(found.type)
      .send(isGzipped ? gzipped : plain);
  });
  return router;
}

async function readViewerFile(file: string): Promise<ViewerFile> {
  const plain = await readFile(require.resolve(file));
  return { plain, gzipped: await compress(plain) };
}
