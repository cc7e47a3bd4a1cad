import { Download } from 'lucide-react';
import { useState } from 'react';
import { throwIfAborted } from '../../../base/progress.ts';
import { isAbort } from '../../../base/errors.ts';
import { etaEstimator, type Progress } from '../../../base/progress.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { TrainerError } from '../../../services/trainer/errors.ts';
import { fileStem, saveFile } from '../../files.ts';
import { textService } from '../../services.ts';
import { session } from '../../session.ts';
import { useSession } from '../../hooks.ts';
import { fetchTexts } from '../../texts.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Output } from '../../ui/Output.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { trainerService } from '../training/trainer.ts';
import { cleaningOf } from './store.ts';

type Exporter = (
  run: RunSummary,
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: Progress) => void },
) => Promise<Blob>;

interface Kind {
  readonly id: string;
  readonly title: string;
  readonly what: string;
  readonly make: Exporter;
}

const kinds: readonly Kind[] = [
  {
    id: 'huggingface',
    title: 'Hugging Face folder',
    what: 'config.json with the labels, model.safetensors, tokenizer: what from_pretrained reads. With LoRA, the adapter too.',
    make: (run) => trainerService().exportModel(run.runId),
  },
  {
    id: 'onnx',
    title: 'ONNX',
    what: 'model.onnx with the weights inside (opset 20, f32): input_ids, attention_mask (and token_type_ids) in, logits out.',
    make: (run) => trainerService().exportOnnx(run.runId),
  },
  {
    id: 'bundle',
    title: 'PyTorch training bundle',
    what: 'train.py for Hugging Face’s Trainer (accelerate launch), the same split and settings, texts preprocessed.',
    make: trainingBundle,
  },
];

/** The run's texts as its tokenizer saw them, packed with a script. Needs the run's data open in this tab. */
async function trainingBundle(
  run: RunSummary,
  { signal, onProgress }: Parameters<Exporter>[1],
): Promise<Blob> {
  const trainer = trainerService();
  const { rowIds, dataHash } = await trainer.runRows(run.runId);
  if (session.getState().corpus?.dataHash !== dataHash)
    throw new TrainerError(
      'bundle-texts',
      'The data that this run was trained on is not open in this tab.',
      'Open it in the Data cell, then export again.',
    );
  const { cleaning } = await cleaningOf(run);
  const raw = await fetchTexts(rowIds, { signal, onProgress });
  const texts: string[] = [];
  for (let from = 0; from < raw.length; from += 1000) {
    throwIfAborted(signal);
    for (const text of await textService().clean(raw.slice(from, from + 1000), cleaning)) texts.push(text);
    onProgress({ phase: 'Preprocessing', done: texts.length, total: raw.length, unit: 'rows' });
  }
  throwIfAborted(signal);
  return trainer.exportBundle(run.runId, texts);
}

interface Going {
  readonly id: string;
  readonly stop: AbortController;
  readonly progress: Progress | null;
  readonly etaMs: number | null;
}

/** Takes the model away: three forms, each a zip. */
export function ExportPanel({ run }: { readonly run: RunSummary }) {
  const [going, setGoing] = useState<Going | null>(null);
  const dataHash = useSession(({ corpus }) => corpus?.dataHash ?? null);
  const start = async ({ id, make }: Kind) => {
    const stop = new AbortController();
    const eta = etaEstimator();
    setGoing({ id, stop, progress: null, etaMs: null });
    try {
      const blob = await make(run, {
        signal: stop.signal,
        onProgress: (progress) =>
          setGoing({ id, stop, progress, etaMs: eta(progress.done, progress.total, performance.now()) }),
      });
      if (!stop.signal.aborted) saveFile(blob, `${fileStem(run.modelName)}-${run.runId}-${id}.zip`);
    } catch (error) {
      if (!isAbort(error)) toastError(error);
    } finally {
      setGoing(null);
    }
  };
  return (
    <Output name="Take it away" summary="The best weights, as files that other programs read">
      <ul className="export-list">
        {kinds.map((kind) => (
          <li key={kind.id} className="export-item">
            <div>
              <p>
                <strong>{kind.title}</strong>
              </p>
              <p className="small quiet">{kind.what}</p>
            </div>
            {going?.id === kind.id ? (
              <ProgressPill progress={going.progress} etaMs={going.etaMs} onStop={() => going.stop.abort()} />
            ) : (
              <Button
                icon={Download}
                isDisabled={going !== null || (kind.id === 'bundle' && dataHash !== run.dataHash)}
                tip={
                  kind.id === 'bundle' && dataHash !== run.dataHash
                    ? 'Needs the texts: open the data that the run was trained on.'
                    : undefined
                }
                onPress={() => void start(kind)}
              >
                Save {kind.title}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Output>
  );
}
