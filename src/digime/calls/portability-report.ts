import { checkArguments, finite, pathSegment, userCall } from '../arguments/arguments.js';
import type { UserAccessToken, UserCall } from '../arguments/call-options.js';
import { object, oneOf, optional, where } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { requestForUser } from '../token/call-for-user.js';
import { parseAnswer } from '../wire/refusal.js';

/** Options of `getPortabilityReport`; the contract must be one for reading. */
export interface GetPortabilityReportOptions extends UserCall {
  /** The form of the report; there is one. */
  format: 'xml';
  /** Which data it is about, such as `medmij`. */
  serviceType: string;
  /** Unix time in seconds of the earliest data. Default: all. */
  from?: number | undefined;
  /** Unix time in seconds of the latest data. Default: now. */
  to?: number | undefined;
}

/** The report, and the token that the call ended with. */
export interface GetPortabilityReportResponse {
  /** The text of the XML document. */
  file: string;
  userAccessToken: UserAccessToken;
}

const shape = object({
  ...userCall,
  format: oneOf('xml'),
  serviceType: pathSegment,
  from: optional(finite),
  to: optional(finite),
});
const isXml = where((value) => typeof value === 'string' && /^\s*</.test(value), 'must be XML');
const xmlType = object({
  'content-type': where((value) => typeof value === 'string' && /[/+]xml\b/.test(value), 'must be XML'),
});

/** @internal */
export async function getPortabilityReport(
  client: Client,
  args: GetPortabilityReportOptions,
): Promise<GetPortabilityReportResponse> {
  checkArguments('getPortabilityReport', shape, args);
  const query = new URLSearchParams({ format: args.format });
  if (args.from !== undefined) query.set('from', String(args.from));
  if (args.to !== undefined) query.set('to', String(args.to));
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'getPortabilityReport',
    method: 'GET',
    path: `export/${encodeURIComponent(args.serviceType)}/report?${query}`,
    headers: { Accept: 'application/xml, */*;q=0.5' },
    hideAnswer: true,
    expected: 'any',
    repeat: 'safe',
  });
  parseAnswer(xmlType, answer.headers, answer);
  return { file: parseAnswer<string>(isXml, answer.body, answer), userAccessToken };
}
