/** What is wrong with an argument, and with which part of it; `path` is empty for the argument as a whole. */
export interface Complaint {
  path: string;
  message: string;
}

/**
 * Looks at a value: nothing when it is right, else what is wrong. For arguments and for answers. Not a schema library: one
 * that copies what it checks costs more than the rest of a call's own work, and would be half of what is installed.
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

/** May be left out, or be an empty string, which the Node SDK takes for nothing too. */
export function optionalOrEmpty(shape: Shape): Shape {
  return (value) => (value === undefined || value === '' ? undefined : shape(value));
}

/** May be left out, or be `null`, which the Node SDK takes for nothing too. */
export function optionalOrNull(shape: Shape): Shape {
  return (value) => (value === undefined || value === null ? undefined : shape(value));
}

/** The first complaint of several shapes. */
export function allOf(...shapes: Shape[]): Shape {
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
    const wrong = anyObject(value);
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

function below(name: string, { path, message }: Complaint): Complaint {
  return { path: path === '' ? name : `${name}.${path}`, message };
}
