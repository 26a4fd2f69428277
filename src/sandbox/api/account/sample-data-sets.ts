import { findSource } from '../../discovery/sources.js';
import { Refusal } from '../../refusal.js';
import { sampleDataSets } from '../../samples/sample-records.js';
import type { Call } from '../call.js';

/**
 * `GET permission-access/sample/datasets/h:sourceId`, the id in the header `sourceId` as in the calls about an account, or
 * `…/datasets/{sourceId}`: by name, what `sampleData.dataSet` may be for a source. Path and shape are assumed.
 */
export function serviceSampleDataSets({ request }: Call) {
  const { sourceId } = request.params;
  const id = sourceId === 'h:sourceId' ? request.get('sourceid') : sourceId;
  if (!id) throw new Refusal('InvalidRequest', 'the header sourceId is missing');
  if (findSource(Number(id))?.type !== 'pull') {
    throw new Refusal('NotFound', 'no source with this id that data is fetched from');
  }
  return Object.fromEntries(
    Object.entries(sampleDataSets).map(([id, { name, description }]) => [id, { id, name, description }]),
  );
}
