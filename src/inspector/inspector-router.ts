import { type Express, type Request, type Response, Router } from 'express';
import { AppError } from '../errors.js';
import {
  type EventStreams,
  languageOf,
  oneString,
  renderPage,
  seeOther,
  translator,
  visitorOf,
  wantsJson,
} from '../web/index.js';
import { harOf } from './har.js';
import { streamSteps } from './inspector-events.js';
import { protocolPage } from './protocol-page.js';
import type { Recorder } from './recorder.js';
import { sharePage } from './share-page.js';
import { stepPageOf } from './step-page.js';
import { drawOnAxis, filterRows, type RowFilter, rowsOf } from './step-rows.js';
import { viewOf } from './step-view.js';

/** How far a timestamp may lie back (`protocol.md`, Every signed request). */
const signatureLifetimeMs = 5 * 60_000;

export interface InspectorOptions {
  readonly recorder: Recorder;
  readonly streams: EventStreams;
  /** Whether there is a "what if" page to lead to. */
  readonly canSwitch: boolean;
  /** Where the sandbox is, in sandbox mode. */
  readonly sandboxUrl?: string | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * `GET /inspector` and what belongs to it. All of it is about the visitor of the session and nobody else: without one
 * there is nothing to show.
 */
export function inspectorRouter({ recorder, streams, canSwitch, sandboxUrl, now }: InspectorOptions): Router {
  const router = Router();
  router.use(protocolPage());
  const journeyOf = (req: Request) => recorder.journeyOf(visitorOf(req) ?? '');
  const views = async (req: Request) => {
    const t = translator(languageOf(req));
    return (await journeyOf(req)).steps.map((step) => viewOf(step, t));
  };

  router.get('/inspector', async (req, res) => {
    if (wantsJson(req)) return void res.json(jsonOf(req, await views(req)));
    const { id, steps, count } = await journeyOf(req);
    const wish = {
      filter: filterIn(req),
      before: stepNumber(req.query.before),
      open: stepNumber(req.query.open),
    };
    const { rows, hidden } = stepPageOf(steps, wish, translator(languageOf(req)));
    const view = req.query.view === 'timeline' ? 'timeline' : 'sequence';
    const compared = numbersIn(req.query.diff);
    renderPage(req, res, 'inspector/show', {
      journey: { id, count, kept: steps.length, hidden, hasVisitor: visitorOf(req) !== undefined },
      ...(view === 'timeline' ? drawOnAxis(rows) : { rows }),
      ...wish,
      older: hidden > 0 && linkWith(req, { before: rows[0]?.number }),
      newest: wish.before !== undefined && linkWith(req, {}),
      calls: [
        ...new Set(steps.flatMap((step) => (step.kind === 'exchange' ? [step.exchange.call] : []))),
      ].sort(),
      view,
      compared,
      diff: compared && (await import('./step-diff.js')).diffOf(steps, compared),
      canSwitch,
    });
  });

  // For the page's script: the rows after a step, drawn as the page draws them.
  router.get('/inspector/steps', async (req, res) => {
    const after = Number(req.query.after);
    const { steps } = await journeyOf(req);
    const from = steps.findIndex(({ number }) => number > after);
    const rows = from < 0 ? [] : filterRows(rowsOf(steps, from, translator(languageOf(req))), filterIn(req));
    renderPage(req, res, 'inspector/steps', { rows });
  });

  // One row with everything in it, which the page leaves out until a step is opened.
  router.get('/inspector/steps/:number', async (req, res) => {
    const { steps } = await journeyOf(req);
    const index = steps.findIndex(({ number }) => String(number) === req.params.number);
    if (index < 0) throw new AppError('NotFound');
    const rows = rowsOf(steps.slice(0, index + 1), index, translator(languageOf(req)));
    renderPage(req, res, 'inspector/steps', { rows, open: rows[0]?.number });
  });

  router.get('/inspector/events', async (req, res) => {
    const visitorId = visitorOf(req);
    // 204 tells an EventSource not to come back (WHATWG HTML §9.2.3).
    if (visitorId === undefined) return void res.sendStatus(204);
    await streamSteps(req, res, { recorder, streams }, visitorId, translator(languageOf(req)));
  });

  router.get('/inspector/export.json', async (req, res) =>
    download(res, 'json', jsonOf(req, await views(req))),
  );
  router.get('/inspector/export.har', async (req, res) =>
    download(res, 'har', harOf((await journeyOf(req)).steps)),
  );

  router.get('/inspector/share.html', async (req, res) => {
    const html = await sharePage(req.app as Express, (await journeyOf(req)).steps, languageOf(req));
    res.attachment('digi-me-calls.html').type('html').send(html);
  });

  router.get('/inspector/project.zip', async (req, res) => {
    // With its library for archives, which nothing else uses.
    const { exportProject } = await import('./project-export.js');
    const zip = exportProject((await journeyOf(req)).steps, sandboxUrl);
    res.attachment('push-to-digi-me.zip').type('application/zip').send(Buffer.from(zip));
  });

  const keptRequest = async (req: Request) => {
    const step = (await journeyOf(req)).steps.find(({ number }) => String(number) === req.params.number);
    if (step?.kind !== 'exchange' || step.made === undefined) throw new AppError('NotFound');
    return step.made;
  };
  // Signed anew. What came of it is recorded like every call, a refusal included.
  router.post('/inspector/steps/:number/replay', async (req, res) => {
    await (await keptRequest(req)).repeat();
    const { count } = await recorder.headOf(visitorOf(req) ?? '');
    seeOther(req, res, `/inspector#step-${count}`, { step: count });
  });
  router.post('/inspector/steps/:number/curl', async (req, res) => {
    const curl = await (await keptRequest(req)).signedCurl();
    const expiresAt = now() + signatureLifetimeMs;
    if (wantsJson(req)) res.json({ curl, expiresAt });
    else res.type('text/plain').send(`${curl}\n`);
  });

  router.post('/inspector/clear', async (req, res) => {
    const visitorId = visitorOf(req);
    if (visitorId !== undefined) await recorder.clear(visitorId);
    seeOther(req, res, '/inspector', { cleared: true });
  });
  return router;
}

/** Fields of the filter's form; one that is repeated or longer than anything shown counts as not said. */
function filterIn(req: Request): RowFilter {
  const field = (name: string) => {
    const value = oneString(req.query[name]);
    return value && value.length <= 200 ? value : undefined;
  };
  return { call: field('call'), result: field('result'), push: field('push'), text: field('text') };
}

function stepNumber(value: unknown): number | undefined {
  const text = oneString(value) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Two numbers of steps: `3,7`, or the field twice, as a form without scripts sends it. */
function numbersIn(value: unknown): readonly [number, number] | undefined {
  const parts = Array.isArray(value) ? value : (oneString(value) ?? '').split(',');
  const [one, other] = parts.map(stepNumber);
  return parts.length === 2 && one !== undefined && other !== undefined ? [one, other] : undefined;
}

/** The address of this page with what is looked for, and another part of the journey. */
function linkWith(req: Request, { before }: { before?: number | undefined }): string {
  const query = new URLSearchParams(
    Object.entries(filterIn(req)).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  if (req.query.view === 'timeline') query.set('view', 'timeline');
  if (before !== undefined) query.set('before', String(before));
  return `/inspector?${query}`;
}

function jsonOf(req: Request, steps: object[]): object {
  return {
    language: languageOf(req),
    steps,
    links: {
      events: '/inspector/events',
      clear: '/inspector/clear',
      har: '/inspector/export.har',
      json: '/inspector/export.json',
    },
  };
}

function download(res: Response, ending: 'har' | 'json', content: object): void {
  res.attachment(`digi-me-calls.${ending}`);
  // `attachment` takes the type from the name, and nobody registered one for `.har`.
  res.type('application/json').send(JSON.stringify(content, null, 2));
}
