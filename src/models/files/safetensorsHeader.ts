import { isObject } from '../../base/json.ts';
import { dtypeBytes, isDtype, type Dtype } from './dtypes.ts';
import { badSafetensors } from './errors.ts';
import { duplicateKey } from './jsonKeys.ts';

// https://huggingface.co/docs/safetensors: u64 header length, JSON header, then the tensors' bytes without gaps.

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute offset in the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In file order. */
  readonly tensors: readonly TensorEntry[];
  /** Where the tensors' bytes begin. */
  readonly dataOffset: number;
  readonly byteLength: number;
}

/** The format's own ceiling; a larger length means that the file is something else. */
const maxHeaderBytes = 100_000_000;

/** Length of the JSON header from the file's first 8 bytes. Throws `safetensors-truncated`, `safetensors-header`. */
export function headerLength(first: Uint8Array, fileBytes: number): number {
  if (first.byteLength < 8)
    throw badSafetensors('safetensors-truncated', `it ends after ${first.byteLength} bytes`);
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length < 2 || length > maxHeaderBytes)
    throw badSafetensors(
      'safetensors-header',
      `it claims a header of ${length} bytes: it is no safetensors file`,
      {
        length,
      },
    );
  if (8 + length > fileBytes)
    throw badSafetensors(
      'safetensors-truncated',
      `its header needs ${length} bytes and ${fileBytes - 8} are there`,
      {
        length,
        fileBytes,
      },
    );
  return length;
}

/** Parses and checks a header: names, dtypes, shapes, byte counts, and that the tensors cover the file exactly once. */
export function parseHeader(json: Uint8Array, fileBytes: number): SafetensorsHeader {
  const entries = parseObject(json);
  const dataOffset = 8 + json.byteLength;
  let metadata: Record<string, string> = {};
  const tensors: TensorEntry[] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else tensors.push(parseEntry(name, value, dataOffset));
  }
  tensors.sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  const end = checkCoverage(tensors, dataOffset);
  if (end > fileBytes)
    throw badSafetensors('safetensors-truncated', `${end - fileBytes} bytes are missing at its end`, {
      expectedBytes: end,
      fileBytes,
      firstIncomplete: tensors.find((tensor) => tensor.byteOffset + tensor.byteLength > fileBytes)?.name,
    });
  if (end < fileBytes)
    throw badSafetensors('safetensors-trailing', `${fileBytes - end} bytes follow its last tensor`);
  return { metadata, tensors, dataOffset, byteLength: end };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw badSafetensors('safetensors-header', 'its header is not JSON', { reason: String(error) });
  }
  if (!isObject(value)) throw badSafetensors('safetensors-header', 'its header is not a JSON object');
  const duplicate = duplicateKey(text);
  if (duplicate !== null)
    throw badSafetensors('safetensors-header', `its header names '${duplicate}' twice`, { duplicate });
  return value;
}

function parseMetadata(value: unknown): Record<string, string> {
  if (!isObject(value) || Object.values(value).some((item) => typeof item !== 'string'))
    throw badSafetensors('safetensors-header', 'its __metadata__ is not a map of strings');
  return value as Record<string, string>;
}

function parseEntry(name: string, value: unknown, dataOffset: number): TensorEntry {
  const fault = (what: string) => badSafetensors('safetensors-header', `'${name}' ${what}`, { tensor: name });
  if (!isObject(value)) throw fault('is no tensor description');
  const extra = Object.keys(value).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (extra !== undefined) throw fault(`has the unknown field '${extra}'`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype))
    throw badSafetensors('safetensors-dtype', `'${name}' has the unknown dtype ${JSON.stringify(dtype)}`, {
      tensor: name,
    });
  if (!isSizes(shape)) throw fault('has no valid shape');
  if (!isSizes(offsets) || offsets.length !== 2) throw fault('has no valid data_offsets');
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw fault(`begins at ${begin}, after its end at ${end}`);
  const expected = shape.reduce((a, b) => a * b, 1) * dtypeBytes[dtype];
  if (end - begin !== expected)
    throw badSafetensors(
      'safetensors-size',
      `'${name}' is ${dtype} [${shape.join(', ')}], which takes ${expected} bytes, and ${end - begin} are given`,
      { tensor: name, expected, given: end - begin },
    );
  return { name, dtype, shape, byteOffset: dataOffset + begin, byteLength: end - begin };
}

function checkCoverage(tensors: readonly TensorEntry[], dataOffset: number): number {
  let at = dataOffset;
  let before = '';
  for (const { name, byteOffset, byteLength } of tensors) {
    if (byteOffset < at)
      throw badSafetensors('safetensors-overlap', `'${name}' overlaps '${before}'`, {
        tensors: [before, name],
      });
    if (byteOffset > at)
      throw badSafetensors(
        'safetensors-gap',
        `${byteOffset - at} bytes before '${name}' belong to no tensor`,
        {
          tensor: name,
        },
      );
    at = byteOffset + byteLength;
    before = name;
  }
  return at;
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
