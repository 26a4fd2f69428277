import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { AppError } from '../errors.js';

/** Host name of a `Host` header, in lower case, without port and brackets; `undefined` when it is none. */
function hostNameOf(host: string | undefined): string | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (found?.[1] ?? found?.[2])?.toLowerCase().replace(/\.$/, '');
}

const isLoopback = (name: string) =>
  name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);

/**
 * Refuses requests for another host than the app's own or this machine (421, RFC 9110 §15.5.20). A page of another
 * site whose name was pointed at this address (DNS rebinding) is of that site's origin and would otherwise read what
 * the app answers.
 * @param ownUrl the app's public address
 */
export function hostCheck(ownUrl: () => string): RequestHandler {
  return (req, _res, next) => {
    const name = hostNameOf(req.headers.host);
    const isOwn = name !== undefined && (isLoopback(name) || name === hostNameOf(new URL(ownUrl()).host));
    next(isOwn ? undefined : new AppError('HostNotAllowed', { values: { host: new URL(ownUrl()).host } }));
  };
}

/**
 * The same for what monitoring asks, which names an instance by its address or by a name of the local network without
 * a dot: neither can be a name that an attacker has pointed here.
 */
export function isLocalName(host: string | undefined): boolean {
  const name = hostNameOf(host);
  return name !== undefined && (isIP(name) !== 0 || !name.includes('.') || isLoopback(name));
}
