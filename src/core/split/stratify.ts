import { VerbenaError } from '../../base/errors.ts';
import { random, type Random } from '../../base/random.ts';

/** Rows with several labels each, as compressed sparse rows (what `selectLabels` returns). */
export interface MultiLabelRows {
  readonly labelCount: number;
  /** `[rows + 1]` */
  readonly targetOffsets: Uint32Array;
  readonly targetIds: Uint32Array;
}

export class SplitError extends VerbenaError<
  'split-fractions-invalid' | 'split-groups-mismatch' | 'split-too-few-rows'
> {}

/** What is dealt out as a whole: a single row, or all rows of a group. Label counts are per unit. */
interface Units {
  readonly count: number;
  readonly sizes: Uint32Array;
  readonly offsets: Uint32Array;
  readonly labels: Uint32Array;
  readonly weights: Uint32Array;
  /** Unit of each row. */
  readonly ofRow: Uint32Array;
}

/**
 * Iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011): deals rows to parts so that every label keeps its
 * proportion in each. The rarest label left goes first; a row goes to the part that still wants most of that label, ties to
 * the part that wants most rows, then by lot. Returns the part of each row, `[rows]`. Same seed, same parts.
 *
 * `fractions` are normalised; a part with fraction 0 stays empty. `groups` (a group id a row) keeps the rows of one group
 * together. Throws `split-fractions-invalid`, `split-groups-mismatch`.
 */
export function stratify(
  rows: MultiLabelRows,
  fractions: readonly number[],
  seed: number,
  groups: Uint32Array | null = null,
): Uint8Array {
  const shares = normalise(fractions);
  const rowCount = rows.targetOffsets.length - 1;
  if (groups && groups.length !== rowCount)
    throw new SplitError(
      'split-groups-mismatch',
      `${groups.length} group ids for ${rowCount} rows.`,
      'Give one group id for each row.',
    );
  const units = makeUnits(rows, groups);
  const partOfUnit = dealUnits(units, rows.labelCount, rowCount, shares, random(seed, 0x73706c69));
  return Uint8Array.from(units.ofRow, (unit) => partOfUnit[unit] as number);
}

function normalise(fractions: readonly number[]): number[] {
  const sum = fractions.reduce((a, b) => a + b, 0);
  const valid = fractions.every((f) => f >= 0 && Number.isFinite(f)) && sum > 0 && fractions.length <= 255;
  if (!valid)
    throw new SplitError(
      'split-fractions-invalid',
      `The parts ${fractions.join(' / ')} cannot be shares of a whole.`,
      'Use shares of zero or more, of which at least one is above zero.',
    );
  return fractions.map((f) => f / sum);
}

function makeUnits(rows: MultiLabelRows, groups: Uint32Array | null): Units {
  const rowCount = rows.targetOffsets.length - 1;
  if (!groups)
    return {
      count: rowCount,
      sizes: new Uint32Array(rowCount).fill(1),
      offsets: rows.targetOffsets,
      labels: rows.targetIds,
      weights: new Uint32Array(rows.targetIds.length).fill(1),
      ofRow: Uint32Array.from({ length: rowCount }, (_, row) => row),
    };

  const unitOfGroup = new Map<number, number>();
  const ofRow = Uint32Array.from(groups, (group) => {
    const known = unitOfGroup.get(group);
    if (known !== undefined) return known;
    unitOfGroup.set(group, unitOfGroup.size);
    return unitOfGroup.size - 1;
  });
  const count = unitOfGroup.size;
  const sizes = new Uint32Array(count);
  for (const unit of ofRow) sizes[unit] = (sizes[unit] as number) + 1;
  const rowsOfUnit = Uint32Array.from({ length: rowCount }, (_, row) => row);
  rowsOfUnit.sort((a, b) => (ofRow[a] as number) - (ofRow[b] as number) || a - b);

  const offsets = new Uint32Array(count + 1);
  const labels = new Uint32Array(rows.targetIds.length);
  const weights = new Uint32Array(rows.targetIds.length);
  const tally = new Map<number, number>();
  let end = 0;
  for (let unit = 0, next = 0; unit < count; unit++) {
    tally.clear();
    for (const last = next + (sizes[unit] as number); next < last; next++) {
      const row = rowsOfUnit[next] as number;
      for (let i = rows.targetOffsets[row] as number; i < (rows.targetOffsets[row + 1] as number); i++) {
        const label = rows.targetIds[i] as number;
        tally.set(label, (tally.get(label) ?? 0) + 1);
      }
    }
    for (const [label, weight] of tally) {
      labels[end] = label;
      weights[end++] = weight;
    }
    offsets[unit + 1] = end;
  }
  return { count, sizes, offsets, labels, weights, ofRow };
}

function dealUnits(
  units: Units,
  labelCount: number,
  rowCount: number,
  shares: readonly number[],
  rng: Random,
): Uint8Array {
  const parts = shares.length;
  const none = 255;
  const partOf = new Uint8Array(units.count).fill(none);
  const remaining = new Float64Array(labelCount);
  for (let i = 0; i < (units.offsets[units.count] as number); i++) {
    const label = units.labels[i] as number;
    remaining[label] = (remaining[label] as number) + (units.weights[i] as number);
  }
  /** How many more rows (and how many more of each label) a part wants. */
  const wantedRows = Float64Array.from(shares, (share) => share * rowCount);
  const wanted = new Float64Array(labelCount * parts);
  for (let label = 0; label < labelCount; label++)
    for (let part = 0; part < parts; part++)
      wanted[label * parts + part] = (remaining[label] as number) * (shares[part] as number);

  // Dealt in a seeded order, so that the order of the file does not matter.
  const order = rng.shuffle(Uint32Array.from({ length: units.count }, (_, unit) => unit));
  const unitsOfLabel = invert(units, labelCount, order);

  const give = (unit: number, part: number) => {
    partOf[unit] = part;
    wantedRows[part] = (wantedRows[part] as number) - (units.sizes[unit] as number);
    for (let i = units.offsets[unit] as number; i < (units.offsets[unit + 1] as number); i++) {
      const label = units.labels[i] as number;
      const weight = units.weights[i] as number;
      remaining[label] = (remaining[label] as number) - weight;
      wanted[label * parts + part] = (wanted[label * parts + part] as number) - weight;
    }
  };

  const best: number[] = [];
  /** The part with the highest first desire, then the highest second one, then by lot. */
  const choose = (labelStart: number): number => {
    let most = Number.NEGATIVE_INFINITY;
    let mostRows = Number.NEGATIVE_INFINITY;
    for (let part = 0; part < parts; part++) {
      if (shares[part] === 0) continue;
      const first = labelStart < 0 ? 0 : (wanted[labelStart + part] as number);
      const second = wantedRows[part] as number;
      // Desires are sums of fractions: without a tolerance, rounding would break ties instead of the lot.
      const better = first > most + 1e-9 || (first > most - 1e-9 && second > mostRows + 1e-9);
      if (better) best.length = 0;
      if (better || (first > most - 1e-9 && second > mostRows - 1e-9)) best.push(part);
      if (better) [most, mostRows] = [first, second];
    }
    return best[best.length === 1 ? 0 : rng.integer(best.length)] as number;
  };

  for (;;) {
    // At most `labelCount` rounds, each of which uses a label up: a scan beats a heap.
    let rarest = -1;
    for (let label = 0; label < labelCount; label++) {
      const left = remaining[label] as number;
      if (left > 0 && (rarest < 0 || left < (remaining[rarest] as number))) rarest = label;
    }
    if (rarest < 0) break;
    const end = unitsOfLabel.offsets[rarest + 1] as number;
    for (let i = unitsOfLabel.offsets[rarest] as number; i < end; i++) {
      const unit = unitsOfLabel.units[i] as number;
      if (partOf[unit] === none) give(unit, choose(rarest * parts));
    }
  }
  for (const unit of order) if (partOf[unit] === none) give(unit, choose(-1));
  return partOf;
}

/** Units by label, each list in the given order. */
function invert(units: Units, labelCount: number, order: Uint32Array) {
  const offsets = new Uint32Array(labelCount + 1);
  const cells = units.offsets[units.count] as number;
  for (const label of units.labels.subarray(0, cells))
    offsets[label + 1] = (offsets[label + 1] as number) + 1;
  for (let label = 0; label < labelCount; label++)
    offsets[label + 1] = (offsets[label + 1] as number) + (offsets[label] as number);
  const next = offsets.slice();
  const list = new Uint32Array(cells);
  for (const unit of order)
    for (let i = units.offsets[unit] as number; i < (units.offsets[unit + 1] as number); i++) {
      const label = units.labels[i] as number;
      list[next[label] as number] = unit;
      next[label] = (next[label] as number) + 1;
    }
  return { offsets, units: list };
}
