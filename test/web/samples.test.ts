import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fileTypeFromBuffer } from 'file-type';
import { checkBundle } from '../../src/fhir/index.js';

const read = (name: string) => readFileSync(new URL(`../../public/samples/${name}`, import.meta.url));

test.each([
  ['letter.pdf', 'application/pdf'],
  ['photo.jpg', 'image/jpeg'],
])('the sample %s is what its name says', async (name, mimeType) => {
  expect((await fileTypeFromBuffer(read(name)))?.mime).toBe(mimeType);
});

test('the sample of measurements has a line of names and as many values in each line', () => {
  const [names = '', ...lines] = read('measurements.csv').toString().trim().split('\n');
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(line.split(',')).toHaveLength(names.split(',').length);
});

test('the sample of a bundle is one that the check has nothing against', () => {
  const { problems } = checkBundle(JSON.parse(read('blood-pressure.json').toString()));
  expect(problems.filter((problem) => !('severity' in problem) || problem.severity === 'error')).toEqual([]);
});
