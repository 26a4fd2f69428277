import { type Express, type Request, type Response, Router } from 'express';
import { ServerError } from '../digime/index.js';
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
import { signedCurl } from './curl-command.js';
import { harOf } from './har.js';
import { streamSteps } from './inspector-events.js';
import { exportProject } from './project-export.js';
import { protocolPage } from './protocol-page.js';
import type { Recorder } from './recorder.js';
import { sharePage } from './share-page.js';
import { filterRows, type RowFilter, rowsOf } from './step-rows.js';
import { viewOf } from './step-view.js';

/** Shown until all are asked for: more than anybody reads at once, few enough to be made in milliseconds. */
const shownAtFirst = 40;
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
  const views = (req: Request) => {
    const t = translator(languageOf(req));
    return journeyOf(req).steps.map((step) => viewOf(step, t));
  };

  router.get('/inspector', (req, res) => {
    if (wantsJson(req)) return void res.json(jsonOf(req, views(req)));
    const { id, steps, count } = journeyOf(req);
    const filter = filterIn(req);
    // What is looked for may be among the older ones.
    const all = req.query.all !== undefined || Object.values(filter).some((value) => value !== undefined);
    const first = all ? 0 : Math.max(0, steps.length - shownAtFirst);
    renderPage(req, res, 'inspector/show', {
      journey: {
        id,
        count,
        kept: steps.length,
        hidden: first,
        all,
        hasVisitor: visitorOf(req) !== undefined,
      },
      rows: filterRows(rowsOf(steps, first, translator(languageOf(req))), filter),
      filter,
      calls: [
        ...new Set(steps.flatMap((step) => (step.kind === 'exchange' ? [step.exchange.call] : []))),
      ].sort(),
      view: req.query.view === 'timeline' ? 'timeline' : 'sequence',
      canSwitch,
    });
  });

  // For the page's script: the rows after a step, drawn as the page draws them.
  router.get('/inspector/steps', (req, res) => {
    const after = Number(req.query.after);
    const { steps } = journeyOf(req);
    const from = steps.findIndex(({ number }) => number > after);
    const rows = from < 0 ? [] : filterRows(rowsOf(steps, from, translator(languageOf(req))), filterIn(req));
    renderPage(req, res, 'inspector/steps', { rows });
  });

  router.get('/inspector/events', (req, res) => {
    const visitorId = visitorOf(req);
    // 204 tells an EventSource not to come back (WHATWG HTML §9.2.3).
    if (visitorId === undefined) return void res.sendStatus(204);
    streamSteps(req, res, { recorder, streams }, visitorId, translator(languageOf(req)));
  });

  router.get('/inspector/export.json', (req, res) => download(res, 'json', jsonOf(req, views(req))));
  router.get('/inspector/export.har', (req, res) => download(res, 'har', harOf(journeyOf(req).steps)));

  router.get('/inspector/share.html', async (req, res) => {
    const html = await sharePage(req.app as Express, journeyOf(req).steps, languageOf(req));
    res.attachment('digi-me-calls.html').type('html').send(html);
  });

  router.get('/inspector/project.zip', (req, res) => {
    const zip = exportProject(journeyOf(req).steps, sandboxUrl);
    res.attachment('push-to-digi-me.zip').type('application/zip').send(Buffer.from(zip));
  });

  const keptRequest = (req: Request) => {
    const step = journeyOf(req).steps.find(({ number }) => String(number) === req.params.number);
    if (step?.kind !== 'exchange' || step.made === undefined) throw new AppError('NotFound');
    return step.made;
  };
  // Signed anew. What came of it is recorded like every call, a refusal included.
  router.post('/inspector/steps/:number/replay', async (req, res) => {
    await keptRequest(req)
      .send()
      .catch((error: unknown) => {
        if (!(error instanceof ServerError)) throw error;
      });
    const { count } = journeyOf(req);
    seeOther(req, res, `/inspector#step-${count}`, { step: count });
  });
  router.post('/inspector/steps/:number/curl', async (req, res) => {
    const curl = await signedCurl(await keptRequest(req).sign());
    const expiresAt = now() + signatureLifetimeMs;
    if (wantsJson(req)) res.json({ curl, expiresAt });
    else res.type('text/plain').send(`${curl}\n`);
  });

  router.post('/inspector/clear', (req, res) => {
    const visitorId = visitorOf(req);
    if (visitorId !== undefined) recorder.clear(visitorId);
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
