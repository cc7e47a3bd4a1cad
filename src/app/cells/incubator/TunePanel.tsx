import { FileDown, FileUp, GraduationCap } from 'lucide-react';
import { useStore } from 'zustand';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import type { IncubatorParameters } from '../../../notebook/parameters.ts';
import { pickFiles, saveFile } from '../../files.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Output } from '../../ui/Output.tsx';
import { ErrorPanel } from '../../ui/panels.tsx';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { LossCurve } from '../generatorTuning/LossCurve.tsx';
import { KeptAdapters } from './KeptAdapters.tsx';
import { useKept } from './SetView.tsx';
import type { LoadedSet } from './store.ts';
import { adapterZip, dropAdapter, loadAdapter, tuneGenerator, tuningStore } from './tuning.ts';

/** Further tuning of the generator on the objects in use: Incubator's second step, in the tab. */
export function TunePanel(props: { readonly set: LoadedSet; readonly parameters: IncubatorParameters }) {
  const { set, parameters } = props;
  const { running, steps, result, info, error } = useStore(tuningStore);
  const chosen = useKept(set);
  if (parameters.generator !== 'decoder') return null;
  const objects = chosen?.size ?? set.collected.kept.length;
  const eta = steps.at(-1)?.etaMs ?? null;
  return (
    <Output
      name="Tune the generator"
      summary={
        info?.adapter
          ? `An adapter is at work: what is generated now comes from the tuned model.`
          : `LoRA on the ${plural(objects, 'object')} in use, ${formatCount(Math.min(parameters.diversify.k, 64))} an update; the weights themselves stay as published.`
      }
    >
      <div className="row">
        {running ? (
          <ProgressPill progress={running.progress} etaMs={eta} onStop={running.stop} />
        ) : (
          <Button icon={GraduationCap} isDisabled={objects === 0} onPress={() => void tuneGenerator(set)}>
            Tune on {plural(objects, 'object')}
          </Button>
        )}
        <Button
          icon={FileUp}
          isDisabled={running !== null}
          onPress={() =>
            void pickFiles({ multiple: true, accept: '.json,.safetensors' })
              .then((files) => (files.length > 0 ? loadAdapter(files) : undefined))
              .catch(toastError)
          }
        >
          Load an adapter
        </Button>
        {info?.adapter && (
          <>
            <Button
              icon={FileDown}
              tip="A folder that PEFT reads, zipped"
              onPress={() => void adapterZip().then((zip) => saveFile(zip, 'adapter.zip'), toastError)}
            >
              Save the adapter
            </Button>
            <Button variant="quiet" onPress={() => void dropAdapter().catch(toastError)}>
              Back to the published model
            </Button>
          </>
        )}
      </div>
      <KeptAdapters isBusy={running !== null} atWork={info?.adapter ?? null} />
      {error && <ErrorPanel error={error} onDismiss={() => tuningStore.setState({ error: null })} />}
      {steps.length > 1 && <LossCurve name="Loss while tuning" curve={steps} />}
      {result && result.setId === set.record.id && (
        <>
          <p className="small quiet num">
            Loss a token {formatNumber(result.tuned.lossBefore, 3)} before,{' '}
            {formatNumber(result.tuned.lossAfter, 3)} after {plural(result.tuned.steps.length, 'update')};{' '}
            {formatCount(result.tuned.trainedParameters)} parameters were trained
            {result.tuned.cutExamples > 0
              ? `; ${plural(result.tuned.cutExamples, 'object')} cut for length`
              : ''}
            {result.tuned.aborted ? '; stopped before its end' : ''}. The objects were learned from: a lower
            loss on them is no proof of better ones.
          </p>
          <div className="incubator-samples-pair">
            <Samples title="Before" texts={result.before} />
            <Samples title="After, same prompt and seeds" texts={result.after} />
          </div>
        </>
      )}
    </Output>
  );
}

function Samples({ title, texts }: { readonly title: string; readonly texts: readonly string[] }) {
  return (
    <section aria-label={title}>
      <p className="field-label">{title}</p>
      {texts.map((text, at) => (
        // eslint-disable-next-line react/no-array-index-key -- replies have no identity but their place
        <pre key={at} className="incubator-reply" tabIndex={0}>
          {text}
        </pre>
      ))}
    </section>
  );
}
