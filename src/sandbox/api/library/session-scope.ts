import { z } from 'zod';
import type { StoredFile } from '../../state/records.js';

const objectTypes = z.array(z.object({ id: z.number() }));
const serviceTypes = z.array(z.object({ id: z.number(), serviceObjectTypes: objectTypes.nullish() }));

/** Times are Unix seconds; `last` is a number and `d`, `m` or `y`. */
const scopeShape = z.object({
  serviceGroups: z.array(z.object({ id: z.number(), serviceTypes: serviceTypes.nullish() })).nullish(),
  timeRanges: z
    .array(z.object({ from: z.number().nullish(), to: z.number().nullish(), last: z.string().nullish() }))
    .nullish(),
});

type Scope = z.output<typeof scopeShape>;
type ServiceGroup = NonNullable<Scope['serviceGroups']>[number];
type TimeRange = NonNullable<Scope['timeRanges']>[number];

const daysIn: Record<string, number> = { d: 1, m: 30, y: 365 };

/**
 * Whether a session with this scope may see a file. A scope narrows to service groups (records that were fetched; a
 * pushed file belongs to those of its descriptor) and to times; parts of another shape have no effect.
 */
export function isInScope(file: StoredFile, scope: unknown, now: number): boolean {
  const parsed = scopeShape.safeParse(scope ?? {});
  if (!parsed.success) return true;
  const { serviceGroups, timeRanges } = parsed.data;
  const groupFits = !serviceGroups?.length || serviceGroups.some((group) => isOfGroup(file, group));
  const timeFits = !timeRanges?.length || timeRanges.some((range) => isInRange(file.updatedAt, range, now));
  return groupFits && timeFits;
}

function isOfGroup({ descriptor, fetched }: StoredFile, { id, serviceTypes }: ServiceGroup): boolean {
  if (!fetched) {
    const named = descriptor.serviceGroups ?? [];
    return named.some((group) => String(typeof group === 'string' ? group : group.id) === String(id));
  }
  if (fetched.serviceGroupId !== id) return false;
  if (!serviceTypes?.length) return true;
  return serviceTypes.some(({ id: sourceId, serviceObjectTypes: kinds }) => {
    if (sourceId !== fetched.sourceId) return false;
    return !kinds?.length || kinds.some((kind) => kind.id === fetched.objectTypeId);
  });
}

function isInRange(at: number, { from, to, last }: TimeRange, now: number): boolean {
  if (from && at < from * 1000) return false;
  if (to && at > to * 1000) return false;
  const [, count, unit = 'd'] = /^(\d+)([dmy])$/.exec(last ?? '') ?? [];
  return count === undefined || at >= now - Number(count) * (daysIn[unit] ?? 1) * 86_400_000;
}
