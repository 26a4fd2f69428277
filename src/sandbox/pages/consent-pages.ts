import { type Request, type Response, Router } from 'express';
import { findSource } from '../discovery/sources.js';
import { contractById, type Platform } from '../platform.js';
import type { Consent } from '../state/records.js';
import { type ConsentPage, type Fields, type Obstacle, openVisit, type Visit } from './consent-visit.js';
import { fieldsOf } from './fields.js';
import { renderPage } from './render-page.js';
import { allowConsent, callbackUrl, cancelConsent } from './settle-consent.js';
import { languageOf, type Words } from './words.js';

const consentPageNames: ConsentPage[] = ['authorize', 'onboard', 'user-reauth', 'reauthorize'];

/** The pages on which a person decides: GET shows, POST with `decision` settles and sends them back. */
export function consentPages(platform: Platform): Router {
  const router = Router();
  for (const page of consentPageNames) {
    router.get(`/${page}`, async (request, response) => {
      const fields = fieldsOf(request.query);
      const visit = openVisit(platform, page, fields);
      if ('why' in visit) return showObstacle(platform, response, visit, fields);
      const asked = fields.service !== undefined && fields.service !== '' && fields.q === undefined;
      const complaint = asked && visit.choice !== 'none' && !visit.service ? 'serviceUnknown' : undefined;
      return showConsent(platform, response, 200, visit, fields, complaint);
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
  const visit = openVisit(platform, page, fields);
  if ('why' in visit) return showObstacle(platform, response, visit, fields);
  if (fields.decision === 'cancel') return response.redirect(303, cancelConsent(platform, visit));
  if (fields.decision !== 'allow') return showConsent(platform, response, 400, visit, fields);
  if (visit.choice === 'required' && !visit.service) {
    return showConsent(platform, response, 422, visit, fields, 'sourceMissing');
  }
  return response.redirect(303, allowConsent(platform, visit));
}

function showConsent(
  platform: Platform,
  response: Response,
  status: number,
  visit: Visit,
  fields: Fields,
  complaint?: keyof Words,
): Promise<void> {
  const { consent, page, sourceType } = visit;
  const language = languageOf(fields.lng);
  const contract = contractById(platform, consent.contractId);
  const origin = new URL(consent.redirectUri).origin;
  const asked = titleOf(page, sourceType, contract.accessType);
  const model = {
    ...language,
    page,
    title: `${platform.applicationName} ${language.words[asked]}`,
    applicationName: platform.applicationName,
    applicationId: platform.applicationId,
    contract: { id: contract.id, name: contract.name, reads: contract.accessType === 'r' },
    knownLibrary: consent.userId !== null,
    accountName: visit.account && (findSource(visit.account.sourceId)?.name ?? language.words.libraryItself),
    origin,
    choice: visit.choice,
    sourceType,
    sources: visit.sources.map(({ id, name }) => ({ id, name, selected: id === visit.service?.id })),
    search: fields.q ?? '',
    complaint: complaint && language.words[complaint],
    hidden: { code: consent.code, sourceType, lng: fields.lng, accountRef: fields.accountRef },
  };
  return renderPage(response, status, 'consent', model, origin);
}

function titleOf(page: ConsentPage, sourceType: 'pull' | 'push', accessType: 'r' | 'w'): keyof Words {
  if (page === 'onboard') return 'askOnboard';
  if (page === 'user-reauth') return 'askUserReauth';
  if (page === 'reauthorize') return 'askReauthorize';
  if (sourceType === 'push') return 'askPush';
  return accessType === 'r' ? 'askRead' : 'askWrite';
}

function showObstacle(
  platform: Platform,
  response: Response,
  obstacle: Obstacle,
  fields: Fields,
): Promise<void> {
  const language = languageOf(fields.lng);
  const { words } = language;
  const show = (status: number, title: string, text: string, link?: { href: string; text: string }) =>
    renderPage(response, status, 'notice', { ...language, title, text, link });
  if (obstacle.why === 'unknown') return show(404, words.unknownTitle, words.unknownText);
  const { consent } = obstacle;
  const failed = (errorCode: string) => callbackUrl(consent, { success: 'false', errorCode });
  if (obstacle.why === 'expired') {
    return show(410, words.expiredTitle, words.expiredText, {
      href: failed('INVALID_CODE'),
      text: words.goBack,
    });
  }
  if (obstacle.why === 'refused') {
    const link = { href: failed('INITIALIZE_CHECK_FAIL'), text: words.goBack };
    return show(400, words.refusedTitle, words[obstacle.text], link);
  }
  return show(409, words.usedTitle, words.usedText, {
    href: wayOn(platform, obstacle.consent),
    text: words.goOn,
  });
}

/** Someone who pressed twice lost the first answer: while its code waits, the same address takes them on. */
function wayOn({ state, clock }: Platform, consent: Consent): string {
  const code = consent.authorizationCode === null ? undefined : state.codes.get(consent.authorizationCode);
  const waits = code ? code.usedAt === null && code.expiresAt > clock.aged() : false;
  return waits && consent.returnUrl !== null ? consent.returnUrl : `${new URL(consent.redirectUri).origin}/`;
}
