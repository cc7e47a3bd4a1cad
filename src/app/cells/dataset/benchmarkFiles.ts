import { asJsonLines, benchmarkLines } from '../../../core/embedding/benchmark/lines.ts';
import { readPairs, type InstructionPair } from '../../../core/embedding/benchmark/files.ts';

// The Instruction Embedding Benchmark's files as its repository has them, dropped like any data: nested categories become rows, the
// pairs of its similarity test go where that test runs.

type TakePairs = (pairs: { readonly name: string; readonly pairs: readonly InstructionPair[] }) => void;

let takePairs: TakePairs = () => undefined;

/** Where pairs of the similarity test go; said once by the cell that has the test. */
export function onSimilarityPairs(take: TakePairs): void {
  takePairs = take;
}

/** Beyond this a nested JSON file is not looked into: it is parsed whole. */
const largestNestedBytes = 64 * 2 ** 20;

/** A file with its nesting taken off where a benchmark has it; null for one that is no data but pairs, which were handed on. */
async function readBenchmarkFile(file: File): Promise<File | null> {
  if (!/\.json$/iu.test(file.name) || file.size > largestNestedBytes) return file;
  const head = (await file.slice(0, 4096).text()).replaceAll(/\s+/gu, ' ');
  if (!/"samples" ?: ?\[|"intention1" ?:|^ ?\[ ?"|" ?: ?\[ ?\[ ?"/u.test(head)) return file;
  try {
    const json: unknown = JSON.parse(await file.text());
    if (head.includes('"intention1"')) {
      takePairs({ name: file.name, pairs: readPairs(json) });
      return null;
    }
    const lines = benchmarkLines(json);
    if (!lines || lines.length === 0) return file;
    const name = file.name.replace(/\.json$/iu, '.jsonl');
    return new File([asJsonLines(lines)], name, { lastModified: file.lastModified });
  } catch {
    // No JSON after all, or other pairs: the reader of the corpus says what is wrong with it, and where.
    return file;
  }
}

/** Reads what of the files is a benchmark's own shape; all others pass as they are. */
export async function readBenchmarkFiles(files: readonly File[]): Promise<readonly File[]> {
  const read = await Promise.all(files.map(readBenchmarkFile));
  return read.filter((file) => file !== null);
}
