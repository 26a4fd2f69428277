import { setTimeout as sleep } from 'node:timers/promises';
import { type Request, type Response, Router } from 'express';
import { destinationOf } from '../identity/redirect-uris.js';
import type { Platform } from '../platform.js';
import type { Consent } from '../state/records.js';
import { consentModel } from './consent-model.js';
import { type ConsentPage, type Obstacle, openVisit, type Visit } from './consent-visit.js';
import { type Fields, fieldsOf, renderNotice, renderPage, type Visitor, visitorOf } from './render-page.js';
import { callbackUrl, type Outcome, outcomes, settleConsent } from './settle-consent.js';
import type { Words } from './words.js';

const consentPageNames: ConsentPage[] = ['authorize', 'onboard', 'user-reauth', 'reauthorize'];

/** The pages on which a person decides: GET shows, POST with `decision` settles and sends them back. */
export function consentPages(platform: Platform): Router {
  const router = Router();
  for (const page of consentPageNames) {
    router.get(`/${page}`, async (request, response) => {
      const fields = fieldsOf(request.query);
      const visitor = visitorOf(request, response, fields);
      const visit = openVisit(platform, page, fields);
      if ('why' in visit) return showObstacle(platform, visitor, visit);
      const asked = fields.service !== undefined && fields.service !== '' && fields.q === undefined;
      const complaint = asked && visit.choice !== 'none' && !visit.service ? 'serviceUnknown' : undefined;
      return showConsent(platform, visitor, 200, visit, fields, complaint);
    });
    router.post(`/${page}`, (request, response) => decide(platform, page, request, response));
  }
  return router;
}

async function decide(
  platform: Platform,
  page: ConsentPage,
  request: Request,
  response: Response,
): Promise<void> {
  const fields = fieldsOf(request.body);
  const visitor = visitorOf(request, response, fields);
  const visit = openVisit(platform, page, fields);
  if ('why' in visit) return showObstacle(platform, visitor, visit);
  const outcome = outcomeOf(fields);
  if (!outcome) return showConsent(platform, visitor, 400, visit, fields);
  const needsSource = outcome !== 'cancel' && outcome !== 'failed' && visit.choice === 'required';
  if (needsSource && !visit.service) {
    return showConsent(platform, visitor, 422, visit, fields, 'sourceMissing');
  }
  const returnUrl = settleConsent(platform, visit, outcome, fields.triggerQuery);
  // Settled first: pressing again meanwhile is pressing twice.
  if (outcome === 'slow') await sleep(platform.lifetimes.slowMs, undefined, { ref: false });
  return response.redirect(303, returnUrl);
}

/** What a person decided, or what a developer picked in its place. */
function outcomeOf({ decision, outcome }: Fields): Outcome | undefined {
  const wanted = outcome || (decision === 'allow' || decision === 'cancel' ? decision : undefined);
  return outcomes.find((known) => known === wanted);
}

function showConsent(
  platform: Platform,
  visitor: Visitor,
  status: number,
  visit: Visit,
  fields: Fields,
  complaint?: keyof Words,
): Promise<void> {
  const model = consentModel(platform, visitor, visit, fields);
  const formTarget = destinationOf(visit.consent.redirectUri);
  const shown = { ...model, complaint: complaint && visitor.words[complaint] };
  return renderPage(visitor, status, 'consent', shown, { formTarget });
}

function showObstacle(platform: Platform, visitor: Visitor, obstacle: Obstacle): Promise<void> {
  const { words } = visitor;
  if (obstacle.why === 'unknown') {
    return renderNotice(visitor, 404, { title: words.unknownTitle, text: words.unknownText });
  }
  const { consent } = obstacle;
  const failed = (errorCode: string) => ({
    href: callbackUrl(consent, { success: 'false', errorCode }),
    text: words.goBack,
  });
  if (obstacle.why === 'expired') {
    const link = failed('INVALID_CODE');
    return renderNotice(visitor, 410, { title: words.expiredTitle, text: words.expiredText, link });
  }
  if (obstacle.why === 'refused') {
    const link = failed('INITIALIZE_CHECK_FAIL');
    return renderNotice(visitor, 400, { title: words.refusedTitle, text: words[obstacle.text], link });
  }
  const link = { href: wayOn(platform, consent), text: words.goOn };
  return renderNotice(visitor, 409, { title: words.usedTitle, text: words.usedText, link });
}

/** Someone who pressed twice lost the first answer: while its code waits, the same address takes them on. */
function wayOn({ state, clock }: Platform, { authorizationCode, redirectUri, returnUrl }: Consent): string {
  const code = authorizationCode === null ? undefined : state.codes.get(authorizationCode);
  const waits = code ? code.usedAt === null && code.expiresAt > clock.aged() : false;
  return waits && returnUrl !== null ? returnUrl : applicationUrl(redirectUri);
}

/** Where the application can be found again: its first page, or the app itself where the callback is an app's. */
export function applicationUrl(redirectUri: string): string {
  const { origin } = new URL(redirectUri);
  return origin === 'null' ? redirectUri : `${origin}/`;
}
