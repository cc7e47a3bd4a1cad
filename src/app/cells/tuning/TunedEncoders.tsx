import { memo, useMemo } from 'react';
import { formatCount, formatDuration, formatMinute, formatNumber, plural } from '../../../notebook/format.ts';
import type {
  ExportedWeights,
  ListedEncoder,
  TunedEncoder,
} from '../../../services/embedderTuner/contract.ts';
import { fileStem, saveFile } from '../../files.ts';
import { notebook } from '../../runtime.ts';
import { toast, toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { scientific } from '../training/ScientificField.tsx';
import { continueTuning, readingOf, refreshEncoders, showCurves, tunerService } from './store.ts';

const stateWords = { running: 'cut off', stopped: 'stopped', done: 'done' } as const;
const stateOf = ({ state, isUnderWay }: ListedEncoder) => (isUnderWay ? 'under way' : stateWords[state]);

/** Every tuned encoder kept in this browser, and what can be done with it. */
export const TunedEncoders = memo(function TunedEncoders(props: {
  readonly encoders: readonly ListedEncoder[];
  readonly isBusy: boolean;
}) {
  const { encoders, isBusy } = props;
  const detail = (encoder: ListedEncoder) => <Detail encoder={encoder} isBusy={isBusy} />;
  const columns = useMemo(
    (): Column<ListedEncoder>[] => [
      {
        id: 'created',
        header: 'Made',
        value: (each) => each.createdAt,
        render: (each) => formatMinute(each.createdAt),
        width: 'minmax(112px, 1fr)',
      },
      { id: 'name', header: 'Encoder', value: (each) => each.name, width: 'minmax(150px, 3fr)' },
      { id: 'state', header: 'State', value: stateOf, width: '76px' },
      {
        id: 'step',
        header: 'Step',
        value: (each) => each.step,
        render: (each) => `${formatCount(each.step)} / ${formatCount(each.totalSteps)}`,
        isNumber: true,
        width: '84px',
      },
      { id: 'loss', header: 'Loss', value: (each) => each.loss, format: threeDigits, width: '60px' },
      {
        id: 'alignment',
        header: 'Alignment',
        value: (each) => each.alignment,
        format: threeDigits,
        width: '80px',
      },
      {
        id: 'uniformity',
        header: 'Uniformity',
        value: (each) => each.uniformity,
        format: threeDigits,
        width: '84px',
      },
      { id: 'took', header: 'Took', value: (each) => each.elapsedMs, format: formatDuration, width: '68px' },
    ],
    [],
  );
  return (
    <DataTable
      name="Tuned encoders"
      summary={`${formatCount(encoders.length)} kept in this browser`}
      rows={encoders}
      columns={columns}
      getKey={({ id }) => id}
      maxHeight={300}
      detail={detail}
    />
  );
});

const threeDigits = (value: number) => formatNumber(value, 3);

function Detail({ encoder, isBusy }: { readonly encoder: TunedEncoder; readonly isBusy: boolean }) {
  const { settings, startedFrom, rows, seed, template, dataHash, device } = encoder;
  const isUsable = encoder.state !== 'running' && encoder.step > 0;
  return (
    <div className="stack">
      <p className="small quiet num">
        from {startedFrom === 'fresh' ? 'random weights' : startedFrom} · {plural(rows, 'text')} · batch{' '}
        {settings.batchSize} · {settings.epochs} epochs · lr {scientific(settings.learningRate)} · temperature{' '}
        {settings.temperature} ·{' '}
        {settings.method === 'simcse'
          ? 'SimCSE'
          : settings.hardNegatives
            ? 'hard negatives'
            : 'no hard negatives'}
        {settings.trained?.lora ? ` · LoRA rank ${settings.trained.lora.rank}` : ''} · seed {seed} · {device}{' '}
        · data {dataHash.slice(0, 8)}
      </p>
      <p className="small quiet">
        {template === '{instruction}'
          ? 'Reads the instruction alone, without a prompt.'
          : `Prompt: ${template}`}
      </p>
      <div className="row">
        <Button
          isDisabled={!isUsable}
          tip="Sets model, prompt, pooling and length of the Embedding cell to how this was tuned"
          onPress={() => {
            notebook.setParameters('embedding', readingOf(encoder));
            toast('The Embedding cell now uses this encoder.');
          }}
        >
          Embed with it
        </Button>
        <Button onPress={() => void showCurves(encoder).catch(toastError)}>Show curves</Button>
        {encoder.state !== 'done' && (
          <Button isDisabled={isBusy} onPress={() => continueTuning(encoder.id)}>
            Continue from step {formatCount(encoder.step)}
          </Button>
        )}
        <Button
          isDisabled={!isUsable}
          tip="A zip that transformers and sentence-transformers read: config, safetensors, tokenizer, pooling"
          onPress={() => void exportEncoder(encoder, 'safetensors').catch(toastError)}
        >
          Export model
        </Button>
        <Button
          isDisabled={!isUsable}
          tip="The same folder with onnx/model.onnx: what transformers.js, optimum and sentence-transformers’ ONNX backend read"
          onPress={() => void exportEncoder(encoder, 'onnx').catch(toastError)}
        >
          Export ONNX
        </Button>
        <Button isDisabled={isBusy} onPress={() => void removeEncoder(encoder).catch(toastError)}>
          Remove
        </Button>
      </div>
    </div>
  );
}

async function exportEncoder({ id, name }: TunedEncoder, weights: ExportedWeights): Promise<void> {
  const zip = await tunerService().exportZip(id, weights);
  saveFile(zip, `${fileStem(name)}${weights === 'onnx' ? '-onnx' : ''}.zip`);
}

async function removeEncoder({ id, name }: TunedEncoder): Promise<void> {
  await tunerService().remove(id);
  await refreshEncoders();
  const undo = async () => {
    await tunerService().restore(id);
    await refreshEncoders();
  };
  toast(`Removed “${name}”.`, { action: { label: 'Undo', run: () => void undo().catch(toastError) } });
}
