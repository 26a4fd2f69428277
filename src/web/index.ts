export { addressCheck, isWellEncoded } from './address-check.js';
export { oneString, seeOther, wantsJson } from './answers.js';
export { type Assets, createAssets } from './assets.js';
export { bodyDeadline, liftBodyDeadline } from './body-deadline.js';
export { closeWhenRead } from './close-when-read.js';
export { describeError, errorHandler, lastResort, notFound } from './error-handler.js';
export { type EventStream, type EventStreamLimits, EventStreams, oneLookAtATime } from './event-streams.js';
export { formatOf } from './format.js';
export { createHealth, type Health } from './health.js';
export { hostCheck } from './host-check.js';
export { hasWord, type Translate, translator } from './i18n.js';
export { createMetrics, type Metrics } from './metrics.js';
export { originCheck } from './origin-check.js';
export { renderPage, setUpPages } from './page.js';
export { asAppError, isTokenRefusal } from './platform-error.js';
export { createI18n, isDeveloperView, type Language, languageOf, viewRouter } from './preferences.js';
export { privateAccess } from './private-access.js';
export { createRateLimits, type RateLimits } from './rate-limits.js';
export { createLogger, type Logger, requestLog } from './request-log.js';
export { loadOnDemandRouters, routerOnDemand } from './router-on-demand.js';
export { noReferrer, securityHeaders } from './security-headers.js';
export type { Sessions } from './session.js';
export {
  changeSession,
  createSessions,
  endSession,
  ensureVisitor,
  inSession,
  reloadSession,
  renewSession,
  visitorOf,
} from './session.js';
export { sealedSessions } from './session-store.js';
export { fieldsOf, smallBody } from './small-body.js';
export { SharedStreamPlaces } from './stream-places.js';
