import { expect, test } from 'vitest';
import { pairsFromLibrary } from '../../core/incubator/tuningSet/build.ts';
import { examplesOf, holdOutPairs } from '../../core/incubator/tuningSet/subsets.ts';
import { openStories, storiesFiles } from '../../models/llama/testing.ts';
import { defaultTuning } from './contract.ts';
import { DecoderHost } from './service.ts';

// An instruction-tuning set at work on a real trained model of 260,000 parameters.

test.skipIf(!storiesFiles)(
  `pairs of the library teach the form of a reply to descriptions that were not learned${storiesFiles ? '' : ' (skipped: ../shared/data/stories260K is absent)'}`,
  { timeout: 240_000 },
  async () => {
    const service = new DecoderHost({
      open: () => openStories(),
      device: async () => ({ lowering: { kind: 'onnx' }, name: 'test', dispose: () => undefined }),
    });
    const never = new AbortController().signal;
    const quiet = () => undefined;
    const source = { kind: 'files', name: 'stories260K', files: [] } as const;
    const options = { lowering: 'onnx', contextTokens: 512, sequences: 1 } as const;
    await service.open(source, options, quiet, never);
    const pairs = pairsFromLibrary({ dictionaries: 2, maxTextChars: 200, seed: 1 });
    const short = pairs.filter(({ labels }) => labels.length === 2).slice(0, 14);
    const { training, heldOut } = holdOutPairs(short, 0.2, 1);
    const settings = { ...defaultTuning, epochs: 3, learningRate: 1e-2, maxLength: 384, dropout: 0 };
    const tuned = await service.tune(
      examplesOf(training),
      { ...settings, heldOut: examplesOf(heldOut) },
      quiet,
      never,
    );
    const loss = tuned.heldOutLoss;
    expect(loss).not.toBeNull();
    expect(loss?.after).toBeLessThan((loss?.before ?? 0) - 0.3);
    expect(tuned.lossAfter).toBeLessThan(tuned.lossBefore);
    const without = await service.tune(
      examplesOf(training).slice(0, 2),
      { ...settings, epochs: 1 },
      quiet,
      never,
    );
    expect(without.heldOutLoss).toBeNull();
    await service.close();
  },
);
