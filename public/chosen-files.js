import { keepFile, keptFiles } from './kept-files.js';

/*
 * Files that were chosen and not sent yet outlive a reload, another language and a look at another page, in this tab
 * only: another tab may be another person's. The files lie in IndexedDB, what is said about them in sessionStorage.
 */
const storageKey = 'push-chosen';
/* A browser copies what it keeps, and this one may never be sent. */
const maxBytes = 128 * 1024 * 1024;

export function keepChosen({ key, file, text, apart }) {
  if (file.size > maxBytes) return Promise.resolve(false);
  return keepFile({ key, file, text, apart, isSending: false, isChosen: true });
}

/* Notes which files of this tab are still to be sent, with their descriptions as they are now. */
export function noteChosen(items) {
  try {
    const notes = items.map(({ key, text, apart }) => ({ key, text, apart }));
    sessionStorage.setItem(storageKey, JSON.stringify(notes));
  } catch {
    // Without storage they are lost with the page, as without this.
  }
}

export function forgetNotes() {
  try {
    sessionStorage.removeItem(storageKey);
  } catch {
    // Nothing was noted either.
  }
}

/* What was kept of files under way, and of those that this tab chose with what it noted; oldest first. */
export async function keptHere() {
  const noted = notes();
  const kept = await keptFiles();
  return kept
    .filter(({ key, isChosen }) => !isChosen || noted.has(key))
    .map((one) => ({ ...one, ...noted.get(one.key) }));
}

function notes() {
  try {
    const found = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
    return new Map(found.map(({ key, ...description }) => [key, description]));
  } catch {
    return new Map();
  }
}
