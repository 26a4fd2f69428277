import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { harOf } from '../../src/inspector/har.js';
import type { Step } from '../../src/inspector/index.js';
import { everyExchange, exchangeOf } from './example-exchanges.js';

const nameValue = z.object({ name: z.string(), value: z.string() });
const size = z.int().min(-1);
/** What HAR 1.2 asks of a log (http://www.softwareishard.com/blog/har-12-spec/); own members begin with `_`. */
const har = z.strictObject({
  log: z.strictObject({
    version: z.literal('1.2'),
    creator: z.strictObject({ name: z.string(), version: z.string() }),
    comment: z.string(),
    entries: z.array(
      z.strictObject({
        startedDateTime: z.iso.datetime(),
        time: z.number().min(0),
        request: z.strictObject({
          ...{ method: z.string(), url: z.url(), httpVersion: z.string(), cookies: z.array(z.never()) },
          ...{
            headers: z.array(nameValue),
            queryString: z.array(nameValue),
            headersSize: size,
            bodySize: size,
          },
          postData: z
            .strictObject({ mimeType: z.string(), params: z.array(z.never()), text: z.string() })
            .optional(),
          comment: z.string().optional(),
        }),
        response: z.strictObject({
          ...{
            status: z.int().min(0),
            statusText: z.string(),
            httpVersion: z.string(),
            cookies: z.array(z.never()),
          },
          ...{ headers: z.array(nameValue), redirectURL: z.string(), headersSize: size, bodySize: size },
          content: z.strictObject({
            size: z.int().min(0),
            mimeType: z.string(),
            text: z.string().optional(),
          }),
          comment: z.string().optional(),
        }),
        cache: z.strictObject({}),
        timings: z.strictObject({
          send: z.number().min(0),
          wait: z.number().min(0),
          receive: z.number().min(0),
        }),
        _call: z.string(),
        _attempt: z.int(),
        _jwt: z.unknown().optional(),
        _fileDescriptor: z.unknown().optional(),
      }),
    ),
  }),
});

test('every call makes an entry as HAR 1.2 asks, and times add up', () => {
  const lost = exchangeOf('pushData', { method: 'POST', path: 'x' }, null, {
    error: { code: 'ConnectionLost', message: 'gone' },
  });
  const exchanges = [...everyExchange, lost];
  const steps = exchanges.map(
    (exchange, index): Step => ({ kind: 'exchange', number: index + 1, at: 1, exchange }),
  );
  const note: Step = { kind: 'browser', number: 99, at: 1, name: 'connected', facts: {} };
  const { log } = har.parse(JSON.parse(JSON.stringify(harOf([...steps, note]))));
  expect(log.entries).toHaveLength(exchanges.length);
  for (const { time, timings } of log.entries)
    expect(timings.send + timings.wait + timings.receive).toBe(time);
  expect(log.entries.at(-1)?.response).toMatchObject({
    status: 0,
    bodySize: -1,
    comment: 'ConnectionLost: gone',
  });
  const [first] = log.entries;
  expect(first?.startedDateTime).toBe('2023-11-14T22:13:20.000Z');
  expect(JSON.parse(first?.request.postData?.text ?? '')).toEqual({ agent: {} });
});
