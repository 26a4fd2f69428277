/** Something that took its time, in Unix milliseconds; `start` and `end` are the same for what is a moment. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where something stands on the axis, in per cent of its length. */
export interface Bar {
  readonly left: number;
  readonly width: number;
}

/** One linear axis for many spans, with the stretches shortened in which nothing happened. */
export interface TimeAxis {
  /** Marks from left to right; `ms` is the time since the axis begins, pauses included. */
  readonly ticks: readonly { readonly at: number; readonly ms: number }[];
  /** The shortened stretches; `ms` is how long each really was. */
  readonly pauses: readonly (Bar & { readonly ms: number })[];
  barOf(span: Span): Bar;
}

/** Nothing is shortened that is not longer than this, nor anything under a tenth of the time in which something happened. */
const shortestPauseMs = 1000;
const pauseWidth = 3;
const allPausesWidth = 30;
/** So that labels do not touch each other, in per cent. */
const tickDistance = 14;

interface Stretch extends Span {
  readonly isPause: boolean;
  readonly left: number;
  readonly width: number;
}

/** Makes the axis that begins with the first of the spans and ends with the last. */
export function timeAxisOf(spans: readonly Span[]): TimeAxis {
  const stretches = stretchesOf(spans);
  const origin = stretches[0]?.start ?? 0;
  const positionOf = (at: number) => {
    const stretch = stretches.find(({ end }) => at <= end) ?? stretches.at(-1);
    if (stretch === undefined) return 0;
    const length = stretch.end - stretch.start;
    const share = length === 0 ? 0 : Math.max(0, Math.min(1, (at - stretch.start) / length));
    return rounded(stretch.left + share * stretch.width);
  };
  return {
    ticks: ticksOf(stretches).map((at) => ({ at: positionOf(at), ms: at - origin })),
    pauses: stretches
      .filter(({ isPause }) => isPause)
      .map(({ left, width, start, end }) => ({
        left: rounded(left),
        width: rounded(width),
        ms: end - start,
      })),
    barOf: ({ start, end }) => {
      const left = positionOf(start);
      return { left, width: rounded(positionOf(end) - left) };
    },
  };
}

/** The time from the first to the last, divided into what was busy and the pauses between. */
function stretchesOf(spans: readonly Span[]): Stretch[] {
  const sorted = spans.toSorted((one, other) => one.start - other.start);
  const busy: { start: number; end: number }[] = [];
  for (const { start, end } of sorted) {
    const last = busy.at(-1);
    if (last && start - last.end <= shortestPauseMs) last.end = Math.max(last.end, end);
    else busy.push({ start, end });
  }
  const busyMs = busy.reduce((sum, { start, end }) => sum + end - start, 0);
  const merged: { start: number; end: number }[] = [];
  for (const one of busy) {
    const last = merged.at(-1);
    if (last && one.start - last.end < busyMs / 10) last.end = one.end;
    else merged.push({ ...one });
  }
  const pauses = merged.length - 1;
  const ofPause = pauses > 0 ? Math.min(pauseWidth, allPausesWidth / pauses) : 0;
  const total = merged.reduce((sum, { start, end }) => sum + end - start, 0);
  const share = 100 - Math.max(0, pauses) * ofPause;
  const stretches: Stretch[] = [];
  let left = 0;
  const add = (span: Span, isPause: boolean, width: number) => {
    stretches.push({ ...span, isPause, left, width });
    left += width;
  };
  for (const [index, one] of merged.entries()) {
    const before = merged[index - 1];
    if (before) add({ start: before.end, end: one.start }, true, ofPause);
    add(one, false, total === 0 ? share / merged.length : ((one.end - one.start) / total) * share);
  }
  return stretches;
}

/** Round figures since the beginning where a busy stretch has room for them, and where each begins that is wide enough. */
function ticksOf(stretches: readonly Stretch[]): number[] {
  const origin = stretches[0]?.start ?? 0;
  const ticks: { at: number; position: number }[] = [];
  for (const stretch of stretches) {
    if (stretch.isPause) continue;
    const { start, end, left, width } = stretch;
    const step = roundStep(((end - start) / Math.max(width, 1)) * tickDistance);
    const candidates = [start];
    for (let ms = Math.ceil((start - origin) / step) * step; ms <= end - origin; ms += step)
      candidates.push(origin + ms);
    for (const at of candidates) {
      const position = left + (end === start ? 0 : ((at - start) / (end - start)) * width);
      const last = ticks.at(-1);
      // The last label needs room to its right.
      if (
        position <= 100 - tickDistance / 2 &&
        (last === undefined || position - last.position >= tickDistance)
      )
        ticks.push({ at, position });
    }
  }
  return ticks.map(({ at }) => at);
}

/** The smallest of 1, 2, 5, 10, 20, 50 … that is not smaller. */
function roundStep(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= ms) ?? 10 * power;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
