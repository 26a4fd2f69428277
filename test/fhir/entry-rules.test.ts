import { describe } from '@jest/globals';
import { testBrokenRules, UUID } from './broken-rules.js';

describe('the bundle and the identity of its entries', () => {
  testBrokenRules('error', [
    [
      'a fullUrl of another kind',
      'weight',
      [['entry.1.fullUrl', 'Observation/1']],
      'entry[1].fullUrl',
      /must be http/,
    ],
    [
      'a urn:uuid that is no UUID',
      'weight',
      [['entry.1.fullUrl', 'urn:uuid:1']],
      'entry[1].fullUrl',
      /must be http/,
    ],
    [
      'a fullUrl that is there twice',
      'weight',
      [
        ['entry.1.fullUrl', UUID],
        ['entry.0.fullUrl', UUID],
      ],
      'entry[1].fullUrl',
      /entry\[0\] has the same/,
    ],
    [
      'a fullUrl that disagrees with the id',
      'questionnaire',
      [['entry.0.fullUrl', `https://phr.example/fhir/Task/other`]],
      'entry[0].fullUrl',
      /agree/,
    ],
    [
      'a PUT without fullUrl',
      'questionnaire',
      [['entry.0.fullUrl', undefined]],
      'entry[0].fullUrl',
      /PUT needs a fullUrl/,
    ],
    [
      'a PUT without id',
      'questionnaire',
      [['entry.0.resource.id', undefined]],
      'entry[0].resource.id',
      /PUT needs the id/,
    ],
    ['a bundle that is no send', 'weight', [['type', 'collection']], 'type', /batch/],
    ['a bundle without entries', 'weight', [['entry', undefined]], 'entry', /at least one/],
    [
      'an entry without request',
      'weight',
      [['entry.1.request', undefined]],
      'entry[1].request',
      /method and url/,
    ],
    [
      'an entry without resource',
      'weight',
      [['entry.1.resource', undefined]],
      'entry[1].resource',
      /what this entry sends/,
    ],
    [
      'an entry that asks',
      'weight',
      [['entry.1', { request: { method: 'GET', url: 'Patient' } }]],
      'entry[1].request.method',
      /POST/,
    ],
    [
      'an entry with an answer',
      'weight',
      [['entry.1.response', { status: '201' }]],
      'entry[1].response',
      /belongs in/,
    ],
    ['a bundle with a total', 'weight', [['total', 2]], 'total', /search/],
    [
      'a resource that cannot be sent',
      'weight',
      [
        [
          'entry.2',
          {
            resource: { resourceType: 'Condition', meta: { profile: ['http://a.example'] } },
            request: { method: 'POST', url: 'Condition' },
          },
        ],
      ],
      'entry[2].resource.resourceType',
      /Condition is not among.*Patient/,
    ],
  ]);
});
