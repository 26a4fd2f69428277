import { BlockList, isIPv6 } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { AppError } from '../errors.js';
import { isLocalName } from './host-check.js';

/** Loopback, private and link-local ranges: RFC 1122 §3.2.1.3, RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291. */
const privateRanges = new BlockList();
for (const [address, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  privateRanges.addSubnet(address, prefix, 'ipv4');
for (const [address, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  privateRanges.addSubnet(address, prefix, 'ipv6');

function isPrivateAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  try {
    return privateRanges.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  } catch {
    return false;
  }
}

/** A proxy that nobody declared stands in between: whom it speaks for is not known, so it counts as the outside. */
const isForwardedUnseen = (req: Request) =>
  req.app.get('trust proxy') === false &&
  (req.headers['x-forwarded-for'] !== undefined || req.headers.forwarded !== undefined);

/**
 * Answers only this machine and private networks, by the client's address as `TRUST_PROXY` lets it be known
 * (`OPERATIONS_ACCESS=anywhere` lifts that). @throws AppError AddressNotAllowed
 */
export function privateAccess(access: 'private' | 'anywhere'): RequestHandler {
  return (req, _res, next) => {
    const isAllowed =
      access === 'anywhere' ||
      (isPrivateAddress(req.ip) && !isForwardedUnseen(req) && isLocalName(req.headers.host));
    next(isAllowed ? undefined : new AppError('AddressNotAllowed'));
  };
}
