import * as z from 'zod/mini';
import { invalidPart } from './errors.ts';

/** JSON of a member. Throws `bundle-invalid`. */
export function parsed(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw invalidPart(path, 'it is not JSON', cause);
  }
}

/** JSON of a member in the form that it must have. Throws `bundle-invalid` with the first fault. */
export function checked<Schema extends z.core.$ZodType>(
  path: string,
  content: string,
  schema: Schema,
): z.output<Schema> {
  const read = z.safeParse(schema, parsed(path, content));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw invalidPart(path, `${issue?.path.join('.') || 'its value'}: ${issue?.message ?? 'does not fit'}`);
}
