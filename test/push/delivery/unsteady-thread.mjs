import { parentPort } from 'node:worker_threads';

/** Stands in for the sending thread: ends in the middle of the first push. */
parentPort.on('message', () => process.exit(1));
parentPort.postMessage('ready');
