import { ChevronRight, ClipboardPaste, FileDown, FlaskConical, Sprout, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { chooseExamples } from '../../../core/incubator/examples.ts';
import { buildPrompt, promptPresets } from '../../../core/incubator/prompts.ts';
import { formatCount, formatMinute, formatNumber, plural } from '../../../notebook/format.ts';
import type { IncubatorParameters } from '../../../notebook/parameters.ts';
import { useIsAtWork, useParameters } from '../../hooks.ts';
import { notebook, runner } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select, Switch } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { SliderField } from '../../ui/SliderField.tsx';
import { DiversifyPanel } from './DiversifyPanel.tsx';
import { GeneratorFields, GeneratorTerms } from './GeneratorFields.tsx';
import { allow, endpointOrigin, generatorLabel } from './generators.ts';
import { PasteDialog, SampleDialog } from './ImportDialogs.tsx';
import { LabelChips } from './LabelChips.tsx';
import {
  BalanceTable,
  DropTable,
  LiveText,
  ObjectTable,
  saveObjects,
  saveReplies,
  SetClasses,
  SetFigures,
  useKept,
} from './SetView.tsx';
import { choose, chosenSet, incubatorStore, loadSets, originOf, removeSet, type LoadedSet } from './store.ts';
import { continued, generateNewSet, labelsOf, presetOf, targetOf } from './task.ts';
import { TunePanel } from './TunePanel.tsx';
import './incubator.css';

/** A sentence becomes labelled texts: instruction, generator, a live table, and what is worth keeping. */
export function IncubatorCell() {
  const [parameters, change] = useParameters('incubator');
  const state = useStore(incubatorStore);
  const [dialog, setDialog] = useState<'paste' | 'samples' | null>(null);
  useEffect(() => {
    loadSets().catch(toastError);
  }, []);
  const set = chosenSet(state);
  const labels = labelsOf(parameters);
  const more = continued(parameters);
  const missing = targetOf(parameters) - (more?.collected.kept.length ?? 0);
  const isBusy = useIsAtWork('incubator');
  const isReady = parameters.instruction.trim() !== '' && labels.length >= 2;
  return (
    <CellFrame
      cell="incubator"
      title="Incubator"
      purpose="A sentence that names classes becomes labelled texts: a language model writes objects with one text of every class, what cannot be read is dropped with its reason, and clusters find the objects that say something of their own."
      controls={
        <>
          <InstructionField parameters={parameters} change={change} />
          <GeneratorFields parameters={parameters} change={change} />
          <SliderField
            label="Objects"
            value={parameters.count}
            min={16}
            max={4096}
            scale="log"
            paper={{ value: 1024, text: '1,024' }}
            onChange={(count) => change({ count })}
          />
          <PromptFields parameters={parameters} change={change} />
        </>
      }
      primary={{
        label: more
          ? `Generate ${formatCount(missing)} more with ${generatorLabel(parameters)}`
          : `Generate ${plural(parameters.count, 'object')} with ${generatorLabel(parameters)}`,
        run: () => void runner.run('incubator'),
        lacks: isReady ? null : 'Write an instruction that names two classes or more.',
        tip: 'Every reply is kept as it comes; Stop loses nothing.',
      }}
      secondary={
        <>
          {more && !isBusy && <Button onPress={() => void generateNewSet()}>Start a new set</Button>}
          <Button icon={ClipboardPaste} onPress={() => setDialog('paste')}>
            Paste or choose generations
          </Button>
          <Button icon={FlaskConical} onPress={() => setDialog('samples')}>
            Sample sets
          </Button>
        </>
      }
      remedy={(code) => {
        const origin = endpointOrigin(parameters);
        return code === 'endpoint-not-allowed' && origin !== null
          ? {
              label: `Allow ${origin} in this tab`,
              run: () => {
                allow(origin);
                notebook.dispatch('incubator', { kind: 'stop' });
              },
            }
          : undefined;
      }}
    >
      <GeneratorTerms parameters={parameters} change={change} />
      <LiveText />
      {set ? (
        <>
          <SetBar sets={state.sets} set={set} />
          <SetClasses set={set} parameters={parameters} change={change} />
          <SetFigures set={set} />
          <ObjectTable key={`objects ${set.record.id}`} set={set} />
          <DropTable key={`drops ${set.record.id}`} set={set} />
          <BalanceTable set={set} />
          <DiversifyPanel set={set} parameters={parameters} change={change} />
          <TunePanel set={set} parameters={parameters} />
        </>
      ) : (
        <EmptyState
          icon={Sprout}
          title="No set yet"
          actions={
            <>
              <Button onPress={() => setDialog('samples')}>Open a sample set</Button>
              <Button
                onPress={() =>
                  change({
                    instruction:
                      "Build a classifier that can categorize text messages by 'about food' and 'about movie'.",
                    labels: null,
                  })
                }
              >
                Try the paper’s instruction
              </Button>
            </>
          }
        >
          <p>
            <strong>In:</strong> a sentence such as “Build a classifier that can categorize text messages by
            'about food' and 'about movie'.” <strong>Out:</strong> objects with one text of every class, for
            the classifiers below. Nothing is fetched or sent before you press Generate; sample sets and
            pasted generations need no model at all.
          </p>
        </EmptyState>
      )}
      <PromptPreview parameters={parameters} labels={labels} />
      <PasteDialog isOpen={dialog === 'paste'} onClose={() => setDialog(null)} />
      <SampleDialog isOpen={dialog === 'samples'} onClose={() => setDialog(null)} />
    </CellFrame>
  );
}

interface FieldProps {
  readonly parameters: IncubatorParameters;
  readonly change: (patch: Partial<IncubatorParameters>) => void;
}

function InstructionField({ parameters, change }: FieldProps) {
  return (
    <div className="incubator-instruction">
      <label className="field-label" htmlFor="incubator-instruction">
        Instruction
      </label>
      <textarea
        id="incubator-instruction"
        className="text-input"
        rows={2}
        maxLength={8000}
        value={parameters.instruction}
        placeholder="Build a classifier that can categorize text messages by 'about food' and 'about movie'."
        onChange={(event) => change({ instruction: event.target.value })}
      />
      <LabelChips parameters={parameters} change={change} />
    </div>
  );
}

function PromptFields({ parameters, change }: FieldProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Select
        label="Prompt"
        value={parameters.prompt}
        width={180}
        onChange={(prompt) => change({ prompt })}
        options={[
          ...promptPresets.map(({ id, name, description }) => ({
            value: id as string,
            label: name as string,
            description,
          })),
          { value: 'own', label: 'Own template' },
        ]}
      />
      <NumberField
        label="Examples in it"
        value={parameters.examples}
        min={0}
        max={8}
        step={1}
        onChange={(examples) => change({ examples })}
      />
      <Switch
        label="Constrained sampling"
        description="Replies can only be objects with these classes."
        value={parameters.constrained}
        onChange={(constrained) => change({ constrained })}
      />
      <button type="button" className="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <ChevronRight size={14} aria-hidden />
        More settings
      </button>
      {isOpen && <SamplingFields parameters={parameters} change={change} />}
      {parameters.prompt === 'own' && (
        <div className="incubator-instruction">
          <label className="field-label" htmlFor="incubator-template">
            Template: {'{instruction}'} once; {'{classes}'}, {'{examples}'}, {'{variation}'} where wanted
          </label>
          <textarea
            id="incubator-template"
            className="text-input mono"
            rows={3}
            maxLength={8000}
            value={parameters.ownTemplate}
            onChange={(event) => change({ ownTemplate: event.target.value })}
          />
        </div>
      )}
    </>
  );
}

function SamplingFields({ parameters, change }: FieldProps) {
  return (
    <>
      <NumberField
        label="Temperature"
        value={parameters.temperature}
        min={0}
        max={2}
        step={0.1}
        onChange={(temperature) => change({ temperature })}
      />
      <NumberField
        label="Top-p"
        value={parameters.topP}
        min={0.05}
        max={1}
        step={0.05}
        onChange={(topP) => change({ topP })}
      />
      <NumberField
        label="Min-p"
        value={parameters.minP}
        min={0}
        max={0.9}
        step={0.01}
        onChange={(minP) => change({ minP })}
      />
      <NumberField
        label="Longest reply, tokens"
        value={parameters.replyTokens}
        min={16}
        max={4096}
        step={1}
        onChange={(replyTokens) => change({ replyTokens })}
      />
      <NumberField
        label="Longest text, characters"
        value={parameters.maxTextChars}
        min={10}
        max={8000}
        step={1}
        onChange={(maxTextChars) => change({ maxTextChars })}
      />
      <NumberField
        label="Seed"
        value={parameters.seed}
        min={0}
        max={0xffff_ffff}
        step={1}
        format={{ useGrouping: false }}
        onChange={(seed) => change({ seed })}
      />
      <Switch
        label="Drop near duplicates"
        description="Equal but for case, marks, numbers and order."
        value={parameters.dropNearDuplicates}
        onChange={(dropNearDuplicates) => change({ dropNearDuplicates })}
      />
    </>
  );
}

/** Which set is shown, and what can be done with it. */
function SetBar({ sets, set }: { readonly sets: readonly LoadedSet[]; readonly set: LoadedSet }) {
  const chosen = useKept(set);
  return (
    <div className="incubator-sets">
      <Select
        label={sets.length === 1 ? 'Set' : `Set, of ${sets.length}`}
        value={set.record.id}
        width={360}
        onChange={choose}
        options={sets.map(({ record, collected }) => ({
          value: record.id,
          label: `${collected.labels.join(' · ') || 'no classes yet'} (${originOf(record.source)})`,
          description: `${plural(collected.kept.length, 'object')}, ${formatMinute(record.createdAt)}. ${record.instruction}`,
        }))}
      />
      <Button
        icon={FileDown}
        isDisabled={set.collected.kept.length === 0}
        onPress={() => saveObjects(set, chosen)}
      >
        Save JSONL
      </Button>
      <Button variant="quiet" onPress={() => saveReplies(set)}>
        Save all replies
      </Button>
      <IconButton
        icon={Trash2}
        label="Remove this set"
        onPress={() => void removeSet(set.record.id).catch(toastError)}
      />
    </div>
  );
}

/** What the generator reads, for the next reply. */
function PromptPreview({
  parameters,
  labels,
}: {
  readonly parameters: IncubatorParameters;
  readonly labels: readonly string[];
}) {
  const { instruction, examples, prompt, ownTemplate, replyTokens, seed } = parameters;
  const chosen = useMemo(() => chooseExamples(instruction, examples), [instruction, examples]);
  const built = useMemo(() => {
    if (instruction.trim() === '') return null;
    try {
      return buildPrompt({
        preset: presetOf({ prompt, ownTemplate }),
        instruction,
        labels,
        examples: chosen.map(({ example }) => example),
        contextTokens: Number.POSITIVE_INFINITY,
        replyTokens,
        draw: 0,
        seed,
      });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }, [instruction, labels, chosen, prompt, ownTemplate, replyTokens, seed]);
  if (built === null) return null;
  if (typeof built === 'string')
    return (
      <Note tone="warn">
        <p>{built}</p>
      </Note>
    );
  const names = chosen
    .map(({ example, similarity }) => `${example.labels.join(' / ')} (${formatNumber(similarity, 2)})`)
    .join('; ');
  return (
    <Output
      name="Prompt"
      summary={`About ${formatCount(built.tokens)} tokens.${names ? ` Examples from the library by similarity: ${names}.` : ' No examples.'}`}
    >
      <pre className="incubator-prompt" tabIndex={0}>
        {built.system ? `${built.system}\n\n` : ''}
        {built.user}
      </pre>
    </Output>
  );
}
