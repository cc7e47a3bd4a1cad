import { growableFloat64, growableUint32 } from './growable.ts';
import type { BadRowCode } from './mapping.ts';

/** Distinct reasons kept word for word; beyond, a row keeps its code alone. */
const distinctReasons = 5000;
const reasonLength = 200;

export interface LoggedBadRow {
  readonly fileId: number;
  readonly line: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly code: BadRowCode;
  readonly reason: string;
}

/** Every bad row, as numbers and a shared reason: a file of ten million bad rows costs 24 bytes each, not its text. */
export class BadRowLog {
  readonly fileIds = growableUint32();
  readonly lines = growableUint32();
  readonly byteOffsets = growableFloat64();
  readonly byteLengths = growableUint32();
  readonly reasonIds = growableUint32();
  /** `code` and `reason` joined by a tab. */
  readonly reasons: string[] = [];

  readonly #idOfReason = new Map<string, number>();

  get length(): number {
    return this.fileIds.length;
  }

  add(
    fileId: number,
    line: number,
    byteOffset: number,
    byteLength: number,
    code: BadRowCode,
    reason: string,
  ): void {
    this.fileIds.push(fileId);
    this.lines.push(line);
    this.byteOffsets.push(byteOffset);
    this.byteLengths.push(Math.min(byteLength, 0xffff_ffff));
    this.reasonIds.push(this.#reasonId(code, reason));
  }

  at(index: number): LoggedBadRow {
    const [code = '', reason = ''] = (this.reasons[this.reasonIds.at(index)] ?? '').split('\t');
    return {
      fileId: this.fileIds.at(index),
      line: this.lines.at(index),
      byteOffset: this.byteOffsets.at(index),
      byteLength: this.byteLengths.at(index),
      code: code as BadRowCode,
      reason,
    };
  }

  countByCode(): Record<string, number> {
    const perReason = new Uint32Array(this.reasons.length);
    for (const id of this.reasonIds.view) perReason[id] = (perReason[id] as number) + 1;
    const counts: Record<string, number> = {};
    for (const [id, reason] of this.reasons.entries()) {
      const code = reason.split('\t')[0] ?? '';
      counts[code] = (counts[code] ?? 0) + (perReason[id] ?? 0);
    }
    return counts;
  }

  reindexReasons(): void {
    this.#idOfReason.clear();
    for (const [id, reason] of this.reasons.entries()) this.#idOfReason.set(reason, id);
  }

  #reasonId(code: BadRowCode, reason: string): number {
    const worded = `${code}\t${reason.slice(0, reasonLength).replaceAll('\t', ' ')}`;
    const key = this.reasons.length < distinctReasons ? worded : `${code}\tSee the row.`;
    const known = this.#idOfReason.get(worded) ?? this.#idOfReason.get(key);
    if (known !== undefined) return known;
    this.#idOfReason.set(key, this.reasons.length);
    return this.reasons.push(key) - 1;
  }
}
