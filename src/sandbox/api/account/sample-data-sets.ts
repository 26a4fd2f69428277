import { findSource } from '../../discovery/sources.js';
import { Refusal } from '../../refusal.js';
import { sampleDataSets } from '../../samples/sample-records.js';
import type { Call } from '../call.js';

/** `GET permission-access/sample/datasets/{sourceId}`: by name, what `sampleData.dataSet` may be for a source. Path and shape are assumed. */
export function serviceSampleDataSets({ request }: Call) {
  if (findSource(Number(request.params.sourceId))?.type !== 'pull') {
    throw new Refusal('NotFound', 'no source with this id that data is fetched from');
  }
  return Object.fromEntries(
    Object.entries(sampleDataSets).map(([id, { name, description }]) => [id, { id, name, description }]),
  );
}
