import type { Request, Response } from 'express';
import { type Connections, connectionView } from '../connections/index.js';
import { AppError } from '../errors.js';
import {
  fieldsOf,
  languageOf,
  oneString,
  renderPage,
  seeOther,
  translator,
  visitorOf,
  wantsJson,
} from '../web/index.js';
import type { AuthorizationRequest, Authorizations } from './start-authorization.js';

/** Fields of the form that are asked again for when the person decides for a new library. */
const repeatedFields = ['type', 'serviceId', 'locale'];

/**
 * Starts an authorization and sends the person to digi.me. Where digi.me accepts none of their tokens any more, a page
 * asks whether to renew a connection or to begin a second library; a script gets 409 and decides with `newLibrary`.
 * @throws AppError as `Authorizations.start`
 */
export async function sendToDigime(
  { authorizations, connections }: { authorizations: Authorizations; connections: Connections },
  req: Request,
  res: Response,
  request: AuthorizationRequest,
): Promise<void> {
  const fields = fieldsOf(req);
  const newLibrary = oneString(fields.newLibrary) === 'true' || fields.newLibrary === true;
  try {
    const url = await authorizations.start(req, { ...request, newLibrary });
    seeOther(req, res, url, { url });
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'NewLibraryNeeded') || wantsJson(req)) throw error;
    const t = translator(languageOf(req));
    const all = await connections.listOf(visitorOf(req) ?? '');
    const model = {
      connections: all.map((connection) => connectionView(t, connection)),
      action: req.path,
      fields: repeatedFields.flatMap((name) => {
        const value = oneString(fields[name]);
        return value ? [{ name, value }] : [];
      }),
    };
    renderPage(req, res, 'onboarding/new-library', model, { status: error.status });
  }
}
