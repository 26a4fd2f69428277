import { onward, page, pageOr, type Route } from './operation.js';

const text = { type: 'string' };
const form = (properties: Record<string, unknown>) => ({
  'application/x-www-form-urlencoded': { type: 'object', properties },
});

/** The developer's split screen; in live mode these routes do not exist. */
export const studioRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/studio',
    tag: 'Studio',
    summary: "The person's pages beside the calls that they cause",
    answers: {
      '200': pageOr('Whether calls are held, and those that are.', {
        type: 'object',
        required: ['isPausing', 'held'],
        properties: { isPausing: { type: 'boolean' }, held: { type: 'array' } },
      }),
    },
  },
  {
    method: 'get',
    path: '/studio/held',
    tag: 'Studio',
    summary: 'The calls that are held, as a part of the page',
    answers: { '200': { description: 'A part of the page.', content: page } },
    errors: ['NotFound'],
  },
  {
    method: 'get',
    path: '/studio/events',
    tag: 'Studio',
    summary: 'Server-sent events, one per change',
    answers: {
      '200': { description: 'Events named `state`.', content: { 'text/event-stream': text } },
      '204': { description: 'There is no session, so there is nothing to wait for.' },
    },
    errors: ['TooManyRequests'],
  },
  {
    method: 'post',
    path: '/studio/pause',
    tag: 'Studio',
    summary: 'Holds calls before they are sent, or lets them go',
    body: form({ on: { enum: ['yes', 'no'] } }),
    answers: { '303': onward('the studio', { type: 'object' }) },
    errors: ['InvalidRequest', 'NotFound'],
  },
  {
    method: 'post',
    path: '/studio/restart',
    tag: 'Studio',
    summary: 'Begins a journey anew',
    answers: { '303': onward('the studio', { type: 'object' }) },
    errors: ['NotFound'],
  },
  {
    method: 'post',
    path: '/studio/calls/{id}',
    tag: 'Studio',
    summary: 'Sends a held call, as it is or changed, or withholds it',
    parameters: [{ name: 'id', in: 'path', description: 'Of the held call' }],
    body: form({ action: { enum: ['send', 'continue', 'pass', 'withhold'] } }),
    answers: { '303': onward('the studio', { type: 'object' }) },
    errors: ['InvalidRequest', 'NotFound'],
  },
];
