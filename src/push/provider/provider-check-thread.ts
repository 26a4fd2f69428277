import { parentPort } from 'node:worker_threads';
import { checkText } from './provider-check.js';

/** The thread's end of `ResourceChecker`: texts come in with a number, what was found goes out with the same. */
parentPort?.on('message', ({ number, text }: { number: number; text: string }) => {
  parentPort?.postMessage({ number, checked: checkText(text) });
});
