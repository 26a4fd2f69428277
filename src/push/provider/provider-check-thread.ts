import { parentPort } from 'node:worker_threads';
import { prepareChecks } from '../../fhir/index.js';
import { openBody } from './json-body.js';
import { type CheckRequest, checkText } from './provider-check.js';

/** What the thread is asked: one thing at a time. */
export type ThreadRequest = { check: CheckRequest } | { open: Uint8Array };

// So that the first text does not wait for it.
prepareChecks();

/** The thread's end of `ResourceChecker`. */
parentPort?.on('message', (request: ThreadRequest) => {
  parentPort?.postMessage('check' in request ? checkText(request.check) : openBody(request.open));
});
