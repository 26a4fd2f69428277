import type { Made } from './made.js';

/** What a person is asked for. */
export interface FormField {
  /** The key of its words, and the name under which its value comes. */
  name: string;
  kind:
    | 'number'
    | 'text'
    | 'long-text'
    | 'date'
    | 'moment'
    | 'time'
    | 'choice'
    | 'choices'
    | 'file'
    | 'heading';
  required?: boolean;
  /** Of a number: inclusive. */
  min?: number;
  max?: number;
  /** Of a number: none means a whole one. */
  decimals?: number;
  /** The unit as a person reads it. */
  unit?: string;
  /** Of a choice: the values that may come, with their words where no key has them. */
  choices?: readonly { value: string; label?: string }[];
  /** In the words of a questionnaire; otherwise the name is the key of its words. */
  label?: string;
  /** How deep the question is nested. */
  level?: number;
}

/** What came for each field: text as it was typed, several of them for `choices`. */
export type FormInput = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A file that was chosen: its name, and its bytes in base64. */
export interface ChosenFile {
  name: string;
  content: string;
}

/** What a builder takes from its surroundings, so that it is a pure function. */
export interface MakeContext {
  /** A new UUID for each call. */
  newId(): string;
  now: Date;
  file?: ChosenFile;
}

/** Why the value of a field cannot be used: the key of its words. */
export interface FieldProblem {
  field: string;
  problem: 'missing' | 'number' | 'whole' | 'range' | 'date' | 'future' | 'text' | 'choice' | 'below' | 'pdf';
  values?: Readonly<Record<string, string | number>>;
}

/** What became of an input: the bundle as far as it can be made, and what is still to be put right. */
export interface FormResult extends Made {
  problems: FieldProblem[];
}

/** Reads the fields of one form and remembers what is wrong with them. */
export class FieldReader {
  readonly problems: FieldProblem[] = [];
  readonly #input: FormInput;
  readonly #now: Date;

  constructor(input: FormInput, now: Date) {
    this.#input = input;
    this.#now = now;
  }

  /** The text of a field without blanks around it; `undefined` when nothing, or nothing usable, was given. */
  text(field: FormField): string | undefined {
    const text = this.#raw(field);
    if (text === undefined) return this.#missing(field);
    // What a FHIR string cannot hold, and the sign that stands for bytes that were no UTF-8.
    if (text.length > 5000 || /(?![\n\r\t])[\p{Cc}\p{Cs}\ufffd]/u.test(text))
      return this.#fail(field, 'text');
    return text;
  }

  /** A number within the bounds of its field, written with a point or a comma. */
  number(field: FormField): number | undefined {
    const text = this.#raw(field);
    if (text === undefined) return this.#missing(field);
    const plain = text.replace(',', '.');
    if (!/^-?\d{1,12}(?:\.\d{1,8})?$/.test(plain)) return this.#fail(field, 'number');
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, decimals = 0 } = field;
    if ((plain.split('.')[1]?.length ?? 0) > decimals) {
      return decimals === 0 ? this.#fail(field, 'whole') : this.#fail(field, 'number');
    }
    const value = Number(plain) + 0;
    if (value < min || value > max) return this.#fail(field, 'range', { min, max });
    return value;
  }

  /** A day that exists and has come, `YYYY-MM-DD`. */
  day(field: FormField, mayCome = false): string | undefined {
    const text = this.#raw(field);
    if (text === undefined) return this.#missing(field);
    if (!isDay(text)) return this.#fail(field, 'date');
    if (!mayCome && Date.parse(text) > this.#now.getTime() + dayMs) return this.#fail(field, 'future');
    return text;
  }

  /** A moment with its zone; typed as `YYYY-MM-DDTHH:MM` on the clocks of `zone` (an IANA name). */
  moment(field: FormField, zone: string, mayCome = false): string | undefined {
    const text = this.#raw(field);
    if (text === undefined) return this.#missing(field);
    if (!isDay(text.slice(0, 10)) || !/^.{10}T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/.test(text))
      return this.#fail(field, 'date');
    const moment = withOffset(text.length === 16 ? `${text}:00` : text, zone);
    if (!mayCome && Date.parse(moment) > this.#now.getTime() + dayMs) return this.#fail(field, 'future');
    return moment;
  }

  /** A time of day, `HH:MM:SS`. */
  time(field: FormField): string | undefined {
    const text = this.#raw(field);
    if (text === undefined) return this.#missing(field);
    if (!/^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/.test(text)) return this.#fail(field, 'date');
    return text.length === 5 ? `${text}:00` : text;
  }

  /** One of the choices of a field. */
  choice(field: FormField): string | undefined {
    const text = this.#raw(field);
    if (text === undefined) return this.#missing(field);
    return field.choices?.some(({ value }) => value === text) ? text : this.#fail(field, 'choice');
  }

  /** Any number of the choices of a field. */
  choices(field: FormField): string[] {
    const given = [this.#input[field.name] ?? []].flat().filter((value) => value !== '');
    const known = given.filter((one) => field.choices?.some(({ value }) => value === one));
    if (known.length < given.length) this.#fail(field, 'choice');
    else if (known.length === 0) this.#missing(field);
    return [...new Set(known)];
  }

  /** Takes down what only several fields together show. */
  fail(field: FormField, problem: FieldProblem['problem'], values?: FieldProblem['values']): void {
    this.problems.push({ field: field.name, problem, ...(values && { values }) });
  }

  #raw({ name }: FormField): string | undefined {
    const value = Object.hasOwn(this.#input, name) ? this.#input[name] : undefined;
    const text = (typeof value === 'string' ? value : value?.[0])?.replaceAll('\r\n', '\n').trim();
    return text === '' ? undefined : text;
  }

  #missing(field: FormField): undefined {
    if (field.required) this.fail(field, 'missing');
  }

  #fail(field: FormField, problem: FieldProblem['problem'], values?: FieldProblem['values']): undefined {
    this.fail(field, problem, values);
  }
}

const dayMs = 86_400_000;

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text < '1800') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** A time of a zone's clocks with its offset; of an hour that the clocks leave out or repeat, one of the two readings. */
function withOffset(local: string, zone: string): string {
  const asUtc = Date.parse(`${local}Z`);
  let minutes = offsetAt(asUtc, zone);
  minutes = offsetAt(asUtc - minutes * 60_000, zone);
  const sign = minutes < 0 ? '-' : '+';
  const part = (value: number) => String(Math.abs(Math.trunc(value))).padStart(2, '0');
  return `${local}${sign}${part(minutes / 60)}:${part(minutes % 60)}`;
}

function offsetAt(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(moment);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const there = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return Math.round((there - moment) / 60_000);
}

/** The zone of the clocks that a form was filled in by: its `zone`, or the one of MedMij's country where that names none. */
export function zoneOf({ zone }: FormInput): string {
  return typeof zone === 'string' && isZone(zone) ? zone : 'Europe/Amsterdam';
}

/** Whether a name is one of the IANA time zone database. */
function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}
