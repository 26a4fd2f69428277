import { parentPort } from 'node:worker_threads';

/** Stands in for the checking thread: does what the text says. */
parentPort.on('message', ({ check: { text } }) => {
  if (text === 'break') throw new Error('broken');
  while (text === 'hang');
  const heap = [];
  while (text === 'fill') heap.push(new Array(10_000).fill(Math.random()));
  parentPort.postMessage({ problems: [], verdict: 'ready' });
});
