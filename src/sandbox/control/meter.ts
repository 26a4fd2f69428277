import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import type { RecordedRequest } from './request-log.js';

/**
 * The request's body, counted and hashed into `recorded` while somebody reads it. Destroyed with an error when the
 * connection breaks before the body arrived whole.
 */
export function meterBody(request: IncomingMessage, recorded: RecordedRequest): Transform {
  const hash = createHash('sha256');
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      recorded.body.size += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      recorded.body.sha256 = hash.digest('hex');
      done();
    },
  });
  // An error reaches whoever reads the meter; nobody reading means nobody to tell.
  meter.on('error', () => {});
  pipeline(request, meter, () => {});
  return meter;
}
