import { VerbenaError } from '../../../base/errors.ts';

export class ScoresError extends VerbenaError<'scores-invalid'> {}

/** What a system (a model under test) got in each row of a benchmark. */
export interface SystemScores {
  readonly name: string;
  /** `[rows]` */
  readonly scores: Float64Array;
}

/**
 * Reads scores of systems: CSV or TSV with a header, a row a text in the order of the open data, a column of numbers a system. Columns
 * that hold no number in their first row (ids, texts) are passed over. Throws `scores-invalid`.
 */
export function readScores(text: string, rowCount: number): SystemScores[] {
  const lines = text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .filter((line) => line.trim() !== '');
  const delimiter = lines[0]?.includes('\t') ? '\t' : ',';
  const [header = [], ...rows] = lines.map((line) => fields(line, delimiter));
  if (rows.length !== rowCount)
    throw invalid(`it has ${rows.length} rows below its header, the open data ${rowCount}`);
  const isNumber = (value: string | undefined) =>
    value !== undefined && value.trim() !== '' && Number.isFinite(Number(value));
  const columns = header.flatMap((name, at) => (isNumber(rows[0]?.[at]) ? [{ name, at }] : []));
  if (columns.length < 2)
    throw invalid('it has fewer than two columns of numbers: a ranking needs two systems');
  return columns.map(({ name, at }) => ({
    name: name.trim() || `column ${at + 1}`,
    scores: Float64Array.from(rows, (row, i) => {
      if (!isNumber(row[at]))
        throw invalid(`'${row[at] ?? ''}' in line ${i + 2}, column ${name}, is no number`);
      return Number(row[at]);
    }),
  }));
}

/** One line; quotes keep delimiters, never line ends. */
function fields(line: string, delimiter: string): string[] {
  const found: string[] = [];
  let [field, quoted] = ['', false];
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (quoted && character === '"' && line.charAt(i + 1) === '"') {
      field += '"';
      i++;
    } else if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      found.push(field);
      field = '';
    } else field += character;
  }
  return [...found, field];
}

function invalid(reason: string): ScoresError {
  return new ScoresError(
    'scores-invalid',
    `These scores cannot be read: ${reason}.`,
    'Give a CSV with a header line, one row a text in the order of the open data, and one column of numbers a system.',
    { reason },
  );
}
