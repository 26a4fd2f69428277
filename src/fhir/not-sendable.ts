import { nearestName } from './nearest-name.js';
import { sendableTypes } from './shapes.js';

/** What can be sent, as a list for a person. */
export const sendableList = sendableTypes.join(', ');

/** Says that resources of this type cannot be sent, what was perhaps meant, and what can be sent. */
export function notSendable(resourceType: string): string {
  const name = /^[A-Za-z]{1,40}$/.test(resourceType) ? resourceType : 'a resource of this type';
  const near = nearestName(resourceType, sendableTypes);
  const meant = near ? ` Did you mean ${near}?` : '';
  return `${name} cannot be sent to a provider.${meant} What can be sent: ${sendableList}`;
}
