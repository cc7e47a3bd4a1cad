import { ChevronRight, FileDown, FileUp, Library, Sparkles } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { augmentDropReasons, type AugmentDropReason } from '../../../core/incubator/tuningSet/augment.ts';
import { isAtWork, type CellStatus } from '../../../notebook/cells.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { readTuningSummary, sizeWarning } from '../../../notebook/generatorTuning.ts';
import type { GeneratorTuningParameters } from '../../../notebook/parameters.ts';
import { pickFiles, saveFile } from '../../files.ts';
import { useNotebook, useParameters, useResult, useSession, useStatus } from '../../hooks.ts';
import { runner } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, ShareField, Switch, TextField } from '../../ui/fields.tsx';
import { EmptyState, ErrorPanel, Note } from '../../ui/panels.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { GeneratorFields, GeneratorTerms } from '../incubator/GeneratorFields.tsx';
import { generatorLabel } from '../incubator/generators.ts';
import { incubatorStore, loadSets } from '../incubator/store.ts';
import { KeptAdapters } from '../incubator/KeptAdapters.tsx';
import { adapterZip, dropAdapter, loadAdapter, tuningStore } from '../incubator/tuning.ts';
import { ScientificField } from '../training/ScientificField.tsx';
import { augment } from './augmenting.ts';
import { curveStore } from './curve.ts';
import { PairTable } from './PairTable.tsx';
import { LossCurve } from './LossCurve.tsx';
import { RunView, SweepView } from './Results.tsx';
import { addFiles, busily, corpusKey, drawFromCorpus, loadPairs, pairStore, shownPairs } from './store.ts';
import { startTuning } from './task.ts';
import './generatorTuning.css';

type Change = (patch: Partial<GeneratorTuningParameters>) => void;

/** Incubator's first step: labelled sets become an instruction-tuning set, and the engine's decoder is tuned on it. */
export function GeneratorTuningCell() {
  const [parameters, change] = useParameters('generatorTuning');
  const [incubator, changeIncubator] = useParameters('incubator');
  const state = useStore(pairStore);
  const sets = useStore(incubatorStore, ({ published }) => published);
  const info = useStore(tuningStore, (tuning) => tuning.info);
  const steps = useStore(curveStore, (live) => live.steps);
  const result = useResult('generatorTuning');
  const own = useStatus('generatorTuning');
  const notebookId = useNotebook(({ id }) => id);
  useEffect(() => {
    Promise.all([loadSets(), loadPairs(notebookId)]).catch(toastError);
  }, [notebookId]);
  const pairs = useMemo(() => shownPairs(parameters, state, sets), [parameters, state, sets]);
  const { run, sweep } = useMemo(() => readTuningSummary(result?.summary), [result]);
  const used = pairs.filter(({ isExcluded }) => !isExcluded);
  const isBusy = isAtWork(own);
  const open = sweep?.points.filter(({ state: point }) => point.kind !== 'done').length ?? 0;
  const status: CellStatus =
    !isBusy && own.state === 'done' && open > 0
      ? { state: 'stale', word: 'Waiting', why: `${plural(open, 'size')} of the sweep to go` }
      : own;
  const isDecoder = incubator.generator === 'decoder';
  const warning = run ? sizeWarning(run.parameters) : null;
  return (
    <CellFrame
      cell="generatorTuning"
      title="Tune a generator"
      purpose="Teaches a language model to answer an instruction with one object that holds a text of every class: pairs of a description and its dictionaries, from your data, generated sets and a library, and LoRA on the engine’s decoder. The adapter is then at work in the Incubator cell."
      status={status}
      controls={
        <>
          <GeneratorFields parameters={incubator} change={changeIncubator} />
          <div className="tuning-terms">
            <GeneratorTerms parameters={incubator} change={changeIncubator} />
            {!isDecoder && (
              <Note
                action={{
                  label: 'Choose Verbena’s engine',
                  run: () => changeIncubator({ generator: 'decoder' }),
                }}
              >
                <p>
                  Only Verbena’s own engine can be tuned; any generator can write new pairs. The choice is the
                  Incubator cell’s as well.
                </p>
              </Note>
            )}
          </div>
          <Sources parameters={parameters} change={change} />
          <TuningFields parameters={parameters} change={change} isDisabled={isBusy} />
        </>
      }
      primary={{
        label: `Tune on ${plural(used.length, 'pair')}`,
        run: () => startTuning('tune'),
        isDisabled: state.busy !== null,
        lacks: !isDecoder
          ? 'Choose “Verbena’s engine” as the generator first.'
          : used.length < 2
            ? 'Tick two pairs or more below.'
            : null,
        tip: 'Some pairs are held out and judge. Stop keeps the adapter so far.',
      }}
      secondary={
        <>
          {!isBusy && open > 0 && <Button onPress={() => startTuning('continue')}>Continue the sweep</Button>}
          {!isBusy && (
            <Button isDisabled={used.length < 4 || !isDecoder} onPress={() => startTuning('sweep')}>
              Sweep over sizes
            </Button>
          )}
        </>
      }
      remedy={(code) =>
        code === 'tuning-needs-decoder'
          ? { label: 'Choose Verbena’s engine', run: () => changeIncubator({ generator: 'decoder' }) }
          : undefined
      }
      onStop={() => runner.stop('generatorTuning')}
    >
      <PairTools
        parameters={parameters}
        change={change}
        generator={generatorLabel(incubator)}
        isBusy={isBusy}
      />
      {state.error && (
        <ErrorPanel error={state.error} onDismiss={() => pairStore.setState({ error: null })} />
      )}
      {state.drops && <Drops kept={state.drops.kept} counts={state.drops.counts} />}
      {pairs.length === 0 ? (
        <EmptyState icon={Library} title="No pairs yet">
          <p>
            <strong>In:</strong> labelled data, generated sets, or the library. <strong>Out:</strong> an
            adapter that PEFT reads.
          </p>
        </EmptyState>
      ) : (
        <PairTable pairs={pairs} />
      )}
      {isBusy && steps.length > 1 && <LossCurve name="Loss on the pairs" curve={steps} />}
      {!isBusy && run && <RunView run={run} />}
      {warning && (
        <Note tone="warn">
          <p>{warning}</p>
        </Note>
      )}
      {sweep && <SweepView sweep={sweep} />}
      <AdapterTools isBusy={isBusy} hasAdapter={info?.adapter ?? null} isDecoder={isDecoder} />
      {isDecoder && <KeptAdapters isBusy={isBusy} atWork={info?.adapter ?? null} />}
    </CellFrame>
  );
}

function Sources({
  parameters,
  change,
}: {
  readonly parameters: GeneratorTuningParameters;
  readonly change: Change;
}) {
  const corpus = useSession(({ corpus: open }) => open);
  const sets = useStore(incubatorStore, ({ published }) => published.length);
  const added = useStore(pairStore, (state) => state.added.length);
  const { sources } = parameters;
  const turn = (patch: Partial<typeof sources>) => change({ sources: { ...sources, ...patch } });
  const readsRows = sources.corpus || added > 0;
  return (
    <div className="tuning-group" role="group" aria-label="Sources of pairs">
      <Switch label="Library (40 tasks)" value={sources.library} onChange={(library) => turn({ library })} />
      <Switch
        label={`Generated sets (${formatCount(sets)})`}
        value={sources.generated}
        onChange={(generated) => turn({ generated })}
      />
      <Switch
        label={corpus ? 'Open data' : 'Open data (none is open)'}
        value={sources.corpus}
        onChange={(next) => turn({ corpus: next })}
      />
      <Switch
        label={`Files and augmented (${formatCount(added)})`}
        value={sources.added}
        onChange={(next) => turn({ added: next })}
      />
      <NumberField
        label="Dictionaries a pair"
        value={parameters.dictionaries}
        min={1}
        max={64}
        step={1}
        onChange={(dictionaries) => change({ dictionaries })}
      />
      {readsRows && (
        <>
          <NumberField
            label="Pairs of a data set"
            value={parameters.pairs}
            min={1}
            max={10_000}
            step={1}
            onChange={(pairs) => change({ pairs })}
          />
          <NumberField
            label="Classes a pair, at most"
            value={parameters.classes}
            min={2}
            max={16}
            step={1}
            onChange={(classes) => change({ classes })}
          />
          <TextField
            label="What its texts are"
            value={parameters.kind}
            width={160}
            onChange={(kind) => kind !== '' && change({ kind })}
          />
        </>
      )}
    </div>
  );
}

function TuningFields({
  parameters,
  change,
  isDisabled,
}: {
  readonly parameters: GeneratorTuningParameters;
  readonly change: Change;
  readonly isDisabled: boolean;
}) {
  const [isOpen, setOpen] = useState(false);
  const number = (
    label: string,
    key: 'rank' | 'alpha' | 'epochs' | 'batchSize' | 'maxLength' | 'replies' | 'seed',
    min: number,
    max: number,
    step?: number,
  ) => (
    <NumberField
      label={label}
      term={key === 'rank' ? 'loraRank' : undefined}
      value={parameters[key]}
      isDisabled={isDisabled}
      min={min}
      max={max}
      {...(step === undefined ? {} : { step })}
      onChange={(value) => change({ [key]: value })}
    />
  );
  return (
    <div className="tuning-group" role="group" aria-label="Tuning">
      {number('LoRA rank', 'rank', 1, 256, 1)}
      <ScientificField
        label="Learning rate"
        value={parameters.learningRate}
        isDisabled={isDisabled}
        onChange={(learningRate) => change({ learningRate: Math.min(learningRate, 1) })}
      />
      {number('Epochs', 'epochs', 1, 1000, 1)}
      {number('Batch size', 'batchSize', 1, 256, 1)}
      {number('Seed', 'seed', 0, 0xffff_ffff, 1)}
      <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <ChevronRight size={14} aria-hidden />
        More settings
      </button>
      {isOpen && (
        <>
          {number('LoRA alpha', 'alpha', 1, 512)}
          {number('Length limit, tokens', 'maxLength', 32, 4096, 32)}
          <ShareField
            label="Held out"
            value={parameters.heldOut}
            isDisabled={isDisabled}
            min={0.05}
            max={0.5}
            step={0.05}
            onChange={(heldOut) => change({ heldOut })}
          />
          {number('Replies to judge', 'replies', 1, 64, 1)}
        </>
      )}
    </div>
  );
}

function PairTools(props: {
  readonly parameters: GeneratorTuningParameters;
  readonly change: Change;
  readonly generator: string;
  readonly isBusy: boolean;
}) {
  const { parameters, change, generator, isBusy } = props;
  const { busy, corpus } = useStore(pairStore);
  const table = useSession((state) => state.labelTable);
  const isDrawn = corpus !== null && corpus.key === corpusKey();
  if (busy)
    return (
      <div className="row">
        <ProgressPill progress={busy.progress} etaMs={null} onStop={busy.stop} />
      </div>
    );
  return (
    <div className="row pair-tools">
      {parameters.sources.corpus && !isDrawn && (
        <Button isDisabled={!table || isBusy} onPress={() => void busily(drawFromCorpus)}>
          {table ? 'Draw pairs from the open data' : 'Open labelled data to draw pairs'}
        </Button>
      )}
      <Button
        icon={FileUp}
        isDisabled={isBusy}
        tip="Pairs as JSONL, or texts with labels: CSV, JSONL"
        onPress={() =>
          void pickFiles({ multiple: true, accept: '.jsonl,.json,.csv,.tsv,.parquet,.gz' }).then(
            (files) => (files.length > 0 ? busily((context) => addFiles(files, context)) : undefined),
            toastError,
          )
        }
      >
        Add files
      </Button>
      <NumberField
        label="New pairs"
        value={parameters.augment}
        min={1}
        max={1000}
        step={1}
        width={96}
        onChange={(count) => change({ augment: count })}
      />
      <Button
        icon={Sparkles}
        isDisabled={isBusy}
        tip="Asks the generator for new tasks, shown three of these. Each is kept as it comes."
        onPress={() => void busily(augment)}
      >
        Augment: {plural(parameters.augment, 'new pair')} with {generator}
      </Button>
    </div>
  );
}

function Drops(props: {
  readonly kept: number;
  readonly counts: Partial<Record<AugmentDropReason, number>>;
}) {
  const entries = (Object.entries(props.counts) as [AugmentDropReason, number][]).sort((a, b) => b[1] - a[1]);
  const dropped = entries.reduce((sum, [, count]) => sum + count, 0);
  return (
    <p className="small quiet num">
      {plural(props.kept, 'new pair')} kept, {plural(dropped, 'reply', 'replies')} dropped
      {entries.length > 0 &&
        `: ${entries.map(([reason, count]) => `${augmentDropReasons[reason]} (${count})`).join(', ')}`}
      .
    </p>
  );
}

function AdapterTools(props: {
  readonly isBusy: boolean;
  readonly hasAdapter: string | null;
  readonly isDecoder: boolean;
}) {
  const { isBusy, hasAdapter, isDecoder } = props;
  if (!isDecoder && hasAdapter === null) return null;
  return (
    <div className="row">
      <Button
        icon={FileUp}
        isDisabled={isBusy || !isDecoder}
        tip="adapter_config.json and adapter_model.safetensors, as PEFT writes them"
        onPress={() =>
          void pickFiles({ multiple: true, accept: '.json,.safetensors' })
            .then((files) => (files.length > 0 ? loadAdapter(files) : undefined))
            .catch(toastError)
        }
      >
        Load an adapter
      </Button>
      {hasAdapter !== null && (
        <>
          <Button
            icon={FileDown}
            isDisabled={isBusy}
            tip="A folder that PEFT reads, zipped"
            onPress={() => void adapterZip().then((zip) => saveFile(zip, 'adapter.zip'), toastError)}
          >
            Save the adapter
          </Button>
          <Button variant="quiet" isDisabled={isBusy} onPress={() => void dropAdapter().catch(toastError)}>
            Back to the published model
          </Button>
          <span className="small quiet">At work: {hasAdapter}.</span>
        </>
      )}
    </div>
  );
}
