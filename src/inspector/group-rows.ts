import type { StepRow } from './step-rows.js';

/**
 * Puts the rows of one action together and marks the first of each. What belongs to a push joins that push, whatever
 * else was under way: several are sent at once. Anything else joins the group before it, if that is of its kind.
 */
export function groupRows(rows: readonly StepRow[]): StepRow[] {
  const groups: StepRow[][] = [];
  const pushes = new Map<string, StepRow[]>();
  for (const row of rows) {
    const last = groups.at(-1);
    const group = row.action.kind === 'push' ? pushes.get(row.actionKey) : last;
    if (group?.[0]?.actionKey === row.actionKey) {
      group.push(row);
      continue;
    }
    const begun = [row];
    groups.push(begun);
    if (row.action.kind === 'push') pushes.set(row.actionKey, begun);
  }
  return groups.flatMap((group) => group.map((row, index) => ({ ...row, beginsAction: index === 0 })));
}
