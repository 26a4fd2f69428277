import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import { type Request, type Response, Router } from 'express';

/** The static files of the app: a router for `/assets/…` and `/favicon.ico`, and the hashed address of each by name. */
export type Assets = {
  router: Router;
  /** Gives the address of `style.css` as `/assets/style.{hash}.css`. Throws on a name that is not there. */
  url(name: string): string;
  /** Compresses what nobody has asked for yet, one file after the other: for the time after a start. */
  compress(): Promise<void>;
};

type Encoding = 'br' | 'gzip';

type Asset = {
  url: string;
  type: string;
  hash: string;
  plain: Buffer;
  isCompressible: boolean;
  /** Made when they are first asked for; `undefined` where it would not be shorter. */
  compressed: Map<Encoding, Promise<Buffer | undefined>>;
};

const contentTypes: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  pdf: 'application/pdf',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
};
const compressible = new Set(['css', 'js', 'svg', 'txt']);
const icon = 'icon.svg';
const compressors: Record<Encoding, (plain: Buffer) => Promise<Buffer>> = {
  br: (plain) => promisify(brotliCompress)(plain, { params: { [zlib.BROTLI_PARAM_QUALITY]: 11 } }),
  gzip: (plain) => promisify(gzip)(plain, { level: 9 }),
};

/**
 * Reads every file of `publicFolder` once, compresses it once it is asked for, and serves it from memory under an address
 * that changes with its content, so that browsers may keep it for a year (RFC 8246). Throws when the folder can't be read.
 * @param elsewhere further files by name: their paths, for scripts of packages
 */
export function createAssets(publicFolder: string, elsewhere: Readonly<Record<string, string>> = {}): Assets {
  const byName = readAssets(publicFolder, elsewhere);
  const byUrl = new Map([...byName.values()].map((asset) => [asset.url, asset]));
  const router = Router();
  router.get('/assets/{*name}', async (req, res) => {
    const asset = byUrl.get(req.path);
    if (asset) await send(req, res, asset, 'public, max-age=31536000, immutable');
    else res.status(404).set('Cache-Control', 'no-store').type('text').send('There is no such file.\n');
  });
  router.get('/favicon.ico', async (req, res) => {
    const asset = byName.get(icon);
    if (asset) await send(req, res, asset, 'public, max-age=86400');
    else res.sendStatus(204);
  });
  return {
    router,
    url(name) {
      const asset = byName.get(name);
      if (!asset) throw new Error(`There is no asset named ${name}`);
      return asset.url;
    },
    async compress() {
      for (const asset of byName.values()) if (asset.isCompressible) await compressed(asset, 'br');
    },
  };
}

function readAssets(folder: string, elsewhere: Readonly<Record<string, string>>): Map<string, Asset> {
  const inFolder = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) =>
      join(entry.parentPath, entry.name).slice(folder.length).split(sep).filter(Boolean).join('/'),
    );
  const names = [...inFolder, ...Object.keys(elsewhere)];
  const assets = new Map<string, Asset>();
  const inProgress = new Set<string>();

  const add = (name: string): Asset => {
    const known = assets.get(name);
    if (known) return known;
    if (inProgress.has(name)) throw new Error(`The asset ${name} imports itself in a circle`);
    inProgress.add(name);
    let plain: Buffer = readFileSync(elsewhere[name] ?? join(folder, name));
    if (/\.(js|css)$/.test(name) && !(name in elsewhere)) {
      // A module that imports './other.js' must ask for the hashed address too, or it would miss the long cache.
      const linked = plain.toString('utf8').replace(/(['"])\.\/([\w./-]+)\1/g, (whole, quote, other) => {
        return names.includes(other) ? `${quote}${add(other).url}${quote}` : whole;
      });
      plain = Buffer.from(linked);
    }
    const asset = createAsset(name, plain);
    assets.set(name, asset);
    return asset;
  };
  for (const name of names) add(name);
  return assets;
}

function createAsset(name: string, plain: Buffer): Asset {
  const dot = name.lastIndexOf('.');
  const extension = name.slice(dot + 1).toLowerCase();
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 12);
  return {
    url: `/assets/${name.slice(0, dot)}.${hash}.${extension}`,
    type: contentTypes[extension] ?? 'application/octet-stream',
    hash,
    plain,
    isCompressible: compressible.has(extension),
    compressed: new Map(),
  };
}

/** Compressing all of them takes a fifth of a second: more than a start should wait for, so it is left to the pool. */
function compressed(asset: Asset, encoding: Encoding): Promise<Buffer | undefined> {
  const known =
    asset.compressed.get(encoding) ??
    compressors[encoding](asset.plain).then((bytes) =>
      bytes.length < asset.plain.length ? bytes : undefined,
    );
  asset.compressed.set(encoding, known);
  return known;
}

async function send(req: Request, res: Response, asset: Asset, cacheControl: string): Promise<void> {
  // Asked one at a time: browsers list gzip first at the same weight, and brotli is the smaller of the two.
  const encoding = asset.isCompressible
    ? (['br', 'gzip'] as const).find((name) => req.acceptsEncodings(name))
    : undefined;
  const shorter = encoding && (await compressed(asset, encoding));
  res.set({
    'Content-Type': asset.type,
    'Cache-Control': cacheControl,
    ETag: `"${asset.hash}${shorter ? `-${encoding}` : ''}"`,
    'X-Content-Type-Options': 'nosniff',
    ...(shorter && { 'Content-Encoding': encoding }),
  });
  if (asset.isCompressible) res.vary('Accept-Encoding');
  res.send(shorter ?? asset.plain);
}
