import { expect, test } from '@jest/globals';
import { timeAxisOf } from '../../src/inspector/time-axis.js';

test('what took twice as long is twice as wide, and stands where it began', () => {
  const spans = [
    { start: 1000, end: 1100 },
    { start: 1100, end: 1300 },
    { start: 1300, end: 1400 },
  ];
  const axis = timeAxisOf(spans);
  expect(spans.map(axis.barOf)).toEqual([
    { left: 0, width: 25 },
    { left: 25, width: 50 },
    { left: 75, width: 25 },
  ]);
  expect(axis.pauses).toEqual([]);
});

test('the marks are round figures at their place, far enough from each other, and the first is the beginning', () => {
  const { ticks } = timeAxisOf([{ start: 500, end: 1500 }]);
  expect(ticks).toEqual([0, 200, 400, 600, 800].map((ms) => ({ at: ms / 10, ms })));
});

test('a pause is shortened and named, and the marks after it count it in full', () => {
  const [one, other] = [
    { start: 0, end: 100 },
    { start: 60_100, end: 60_200 },
  ];
  const axis = timeAxisOf([one, other]);
  expect(axis.pauses).toEqual([{ left: 48.5, width: 3, ms: 60_000 }]);
  expect(axis.barOf(one)).toEqual({ left: 0, width: 48.5 });
  expect(axis.barOf(other)).toEqual({ left: 51.5, width: 48.5 });
  expect(axis.ticks.every(({ at, ms }) => (at > 50 ? ms >= 60_100 : ms <= 100))).toBe(true);
  expect(axis.ticks.some(({ ms }) => ms > 60_000)).toBe(true);
});

test.each([
  ['nothing', []],
  ['one moment', [{ start: 5, end: 5 }]],
  [
    'the same moment twice',
    [
      { start: 5, end: 5 },
      { start: 5, end: 5 },
    ],
  ],
  [
    'moments a day apart',
    [
      { start: 0, end: 0 },
      { start: 86_400_000, end: 86_400_000 },
    ],
  ],
  [
    'a hundred moments, minutes apart',
    Array.from({ length: 100 }, (_v, i) => ({ start: i * 6e5, end: i * 6e5 + 3 })),
  ],
  [
    'spans that overlap, out of order',
    [
      { start: 50, end: 90 },
      { start: 0, end: 100 },
      { start: 100, end: 100 },
    ],
  ],
])('stays between its ends and in order: %s', (_name, spans) => {
  const axis = timeAxisOf(spans);
  for (const { left, width } of [...spans.map(axis.barOf), ...axis.pauses]) {
    expect(left).toBeGreaterThanOrEqual(0);
    expect(width).toBeGreaterThanOrEqual(0);
    expect(left + width).toBeLessThanOrEqual(100.02);
  }
  const places = axis.ticks.map(({ at }) => at);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(axis.ticks.length).toBeLessThan(9);
});
