import { expandStructure } from './expand-structure.js';
import { readStructure } from './structure.js';

/** The structure data, read once when this module loads. */
export const structure = readStructure();

/** What each kind of object may hold, by name: `Patient`, `Quantity`, `Observation.component`, … */
export const shapes = expandStructure(structure);

/** The resource types that a push can carry; the bundle around them left out. */
export const sendableTypes: readonly string[] = [...shapes.values()]
  .filter(({ name, resource }) => resource && name !== 'Bundle')
  .map(({ name }) => name)
  .sort();

/** What can be sent, as a list for a person. */
export const sendableList = sendableTypes.join(', ');
