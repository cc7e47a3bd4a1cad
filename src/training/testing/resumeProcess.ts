import { createHash } from 'node:crypto';
import { BagModel } from './bagModel.ts';
import { nodeFileStore } from './nodeFileStore.ts';
import { trainPart, type ResumeSubject } from './resume.ts';
import { quickHyperparameters, syntheticRows } from './rows.ts';

/** The run that the resume tests make in one piece and in parts. */
export function bagSubject(seed = 3): ResumeSubject {
  const data = syntheticRows({ rows: 180, labels: 6, seed: 1 });
  return {
    data,
    seed,
    hyperparameters: { ...quickHyperparameters, epochs: 3, maxSteps: 20, checkpointEverySteps: 7 },
    createModel: async () =>
      new BagModel({
        vocabularySize: data.vocabularySize,
        hiddenSize: 12,
        labelCount: data.labels.length,
        seed,
        dropout: 0.2,
      }),
  };
}

/** SHA-256 over every bit of a part's state and over its losses. */
export async function fingerprint(folder: string, untilStep?: number): Promise<string> {
  const { state, outcome } = await trainPart(bagSubject(), nodeFileStore(folder), untilStep);
  const hash = createHash('sha256');
  for (const { kind, name, data } of state)
    hash.update(`${kind} ${name}`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  hash.update(Float64Array.from(outcome.history.steps, ({ loss }) => loss));
  return `${outcome.step} ${hash.digest('hex')}`;
}

// As a process of its own: `tsx resumeProcess.ts FOLDER [UNTIL_STEP]`.
if (process.argv[1]?.endsWith('resumeProcess.ts'))
  process.stdout.write(
    await fingerprint(
      process.argv[2] ?? '',
      process.argv[3] === undefined ? undefined : Number(process.argv[3]),
    ),
  );
