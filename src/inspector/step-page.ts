import type { Translate } from '../web/index.js';
import { groupRows } from './group-rows.js';
import type { Step } from './step.js';
import { filterRows, type RowFilter, rowsOf, type StepRow } from './step-rows.js';

/** More than anybody reads at once, few enough to be made in milliseconds and to be light on the wire. */
const rowsPerPage = 40;

/** Which part of a journey is wanted. */
export interface PageWish {
  readonly filter: RowFilter;
  /** Only steps with a smaller number; of those the newest. */
  readonly before?: number | undefined;
  /** The step to show with everything in it. */
  readonly open?: number | undefined;
}

/** A part of a journey, its actions in the order in which they began. */
export interface StepPage {
  readonly rows: StepRow[];
  /** How many older ones would be shown as well. */
  readonly hidden: number;
}

/** Makes the rows of one page: the newest that are wanted, or those from `open` on where it is not among them. */
export function stepPageOf(
  steps: readonly Step[],
  { filter, before, open }: PageWish,
  t: Translate,
): StepPage {
  const wanted = before === undefined ? steps : steps.filter(({ number }) => number < before);
  if (Object.values(filter).some((value) => value !== undefined)) {
    // What is looked for may be among the oldest.
    const found = filterRows(rowsOf(wanted, 0, t), filter);
    const first = firstOf(found, open);
    return { rows: groupRows(found.slice(first, first + rowsPerPage)), hidden: first };
  }
  const first = firstOf(wanted, open);
  return { rows: groupRows(rowsOf(wanted.slice(0, first + rowsPerPage), first, t)), hidden: first };
}

function firstOf(all: readonly { readonly number: number }[], open: number | undefined): number {
  const newest = Math.max(0, all.length - rowsPerPage);
  const opened = open === undefined ? -1 : all.findIndex(({ number }) => number === open);
  return opened >= 0 ? Math.min(newest, opened) : newest;
}
