/** What is wrong with an argument, and with which part of it; `path` is empty for the argument as a whole. */
export interface Complaint {
  path: string;
  message: string;
}

/**
 * Looks at a value: nothing when it is right, else what is wrong. Arguments are checked with every call, and a schema library
 * that builds a copy of each costs more than the rest of the call's own work; answers, which are rarer, are left to zod.
 */
export type Shape = (value: unknown) => Complaint | undefined;

/** A shape that asks one question. */
export function where(test: (value: unknown) => boolean, message: string): Shape {
  const complaint = { path: '', message };
  return (value) => (test(value) ? undefined : complaint);
}

/** May be left out, or be `undefined`; never `null`. */
export function optional(shape: Shape): Shape {
  return (value) => (value === undefined ? undefined : shape(value));
}

/** The first complaint of several shapes. */
export function both(...shapes: Shape[]): Shape {
  return (value) => {
    for (const shape of shapes) {
      const complaint = shape(value);
      if (complaint) return complaint;
    }
    return undefined;
  };
}

/** One of these values. */
export function oneOf(...values: unknown[]): Shape {
  return where((value) => values.includes(value), `must be one of ${values.join(', ')}`);
}

/** An object with these fields; what else it has is not looked at. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(fields);
  return (value) => {
    const wrong = isObject(value);
    if (wrong) return wrong;
    for (const [name, shape] of entries) {
      const complaint = shape((value as Record<string, unknown>)[name]);
      if (complaint) return below(name, complaint);
    }
    return undefined;
  };
}

/** A list whose members all have this shape. */
export function list(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return { path: '', message: 'must be an array' };
    for (let index = 0; index < value.length; index += 1) {
      const complaint = shape(value[index]);
      if (complaint) return below(String(index), complaint);
    }
    return undefined;
  };
}

/** An object that is no array, no function and no bytes, of any content. */
export const anyObject: Shape = where(
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value),
  'must be an object',
);

const isObject = anyObject;

function below(name: string, { path, message }: Complaint): Complaint {
  return { path: path === '' ? name : `${name}.${path}`, message };
}
