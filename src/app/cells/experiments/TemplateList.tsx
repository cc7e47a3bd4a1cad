import { encodingChoices, pickingChoices, readingChoices } from '../../../notebook/experiments/choices.ts';
import { Play } from 'lucide-react';
import { memo, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useStore } from 'zustand';
import { modelPresets } from '../../../models/presets.ts';
import { templates, type Template } from '../../../notebook/experiments/templates.ts';
import { lossChoices, type TemplateValues } from '../../../notebook/experiments/variants.ts';
import { modelName } from '../../../notebook/modelChoice.ts';
import { formatEta } from '../../../notebook/format.ts';
import type { ModelChoice, NotebookParameters } from '../../../notebook/parameters.ts';
import { stable } from '../../../notebook/plain.ts';
import { useNotebook, useSession } from '../../hooks.ts';
import { lacksData } from '../../lacks.ts';
import { notebook } from '../../runtime.ts';
import { explorations } from '../../selection.ts';
import { Button } from '../../ui/Button.tsx';
import { Check } from '../../ui/Check.tsx';
import { NumberField, Switch } from '../../ui/fields.tsx';
import { trainingSession } from '../training/trainer.ts';
import { parseNumbers } from './model.ts';
import { countWords, draft, experimentOf, planOf, type Plan } from './plan.ts';
import { startExperiment } from './store.ts';

const change = (patch: Partial<TemplateValues>) => draft.setState(patch);

/** Every experiment on one line: its question, its values, how long it may take, and a button that starts it. */
export function TemplateList() {
  const parameters = useSettledParameters();
  const values = useSettled(useStore(draft), 250);
  const hasData = useSession((state) => state.labelTable !== null);
  const withReference = useStore(draft, (values) => values.withReference);
  return (
    <div className="templates">
      <p className="small quiet">
        {hasData
          ? 'Times are estimated from the speed of earlier runs of the same model on this device; none is shown before the first.'
          : lacksData}
      </p>
      <ul className="template-list" aria-label="Experiments to start">
        {templates.map((template) => (
          <TemplateLine key={template.id} template={template} parameters={parameters} values={values} />
        ))}
      </ul>
      <Switch
        label="TF-IDF reference in each"
        description="One logistic regression a label over word counts, on the same rows: what a network has to beat."
        value={withReference}
        onChange={(next) => change({ withReference: next })}
      />
    </div>
  );
}

/** A value once it has rested: sliders above move sixty times a second, and eight plans need not follow. */
function useSettled<T>(value: T, quietMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), quietMs);
    return () => clearTimeout(timer);
  }, [value, quietMs]);
  return settled;
}

/** The notebook's settings likewise, without a drawing while they move. */
function useSettledParameters(): NotebookParameters {
  const [settled, setSettled] = useState(() => notebook.store.getState().parameters);
  useEffect(() => {
    const take = () => setSettled(notebook.store.getState().parameters);
    let timer = setTimeout(take);
    const end = notebook.store.subscribe(({ parameters }, before) => {
      if (parameters === before.parameters) return;
      clearTimeout(timer);
      timer = setTimeout(take, 250);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, []);
  return settled;
}

interface TemplateLineProps {
  readonly template: Template;
  readonly parameters: NotebookParameters;
  readonly values: TemplateValues;
}

const TemplateLine = memo(function TemplateLine({ template, parameters, values }: TemplateLineProps) {
  const labelTable = useSession((state) => state.labelTable);
  const tokens = useSession((state) => state.tokens);
  const runs = useStore(trainingSession().store, (state) => state.runs);
  const { made } = useStore(explorations);
  const plan = useMemo(
    // Speeds and token counts come from runs and tokens, kept rows from a worker: a new estimate where they change.
    () =>
      labelTable && made >= 0 && (runs !== undefined || tokens)
        ? planOf(template.id, values, parameters)
        : null,
    [template.id, values, parameters, labelTable, tokens, runs, made],
  );
  const isReadOnly = useNotebook((state) => state.readOnly);
  const start = () => {
    const experiment = experimentOf(template.id, draft.getState());
    if (experiment) startExperiment(experiment);
  };
  return (
    <li className="template" data-template={template.id}>
      <div className="template-words">
        <h3>{template.title}</h3>
        <p className="small quiet">{template.question}</p>
      </div>
      <div className="template-values">
        <Values template={template} />
        {plan && plan.skipped.length > 0 && <p className="small quiet">{leftOutWords(plan)}</p>}
      </div>
      <div className="template-go">
        <p className="small quiet num" data-estimate={template.id}>
          {plan ? (plan.problem ?? estimateWords(plan.toRun, plan.totalMs)) : ''}
        </p>
        <Button icon={Play} isDisabled={!plan || plan.problem !== null || isReadOnly} onPress={start}>
          {plan && plan.problem === null
            ? `Run ${countWords(plan.variants.filter(({ state }) => state.kind === 'pending'))}`
            : 'Run'}
        </Button>
      </div>
    </li>
  );
});

const whyOf = (state: { readonly kind: string; readonly why?: string }) =>
  (state.why ?? '').replace(/\.$/u, '').toLowerCase();

/** Which variants are left out and why; the reason once where it is that of all. */
function leftOutWords({ skipped, toRun }: Plan): string {
  const reasons = new Set(skipped.map(({ state }) => whyOf(state)));
  if (toRun === 0 && skipped.length > 1 && reasons.size === 1)
    return `All ${skipped.length} left out: ${[...reasons].join('')}`;
  return `Left out: ${skipped.map(({ name, state }) => `${name} (${whyOf(state)})`).join(', ')}`;
}

function estimateWords(toRun: number, totalMs: number | null): string {
  if (toRun === 0) return '';
  return totalMs === null ? '' : `${formatEta(totalMs)} in all`;
}

function Values({ template }: { readonly template: Template }): ReactNode {
  switch (template.id) {
    case 'threshold':
      return (
        <NumberList
          label="Thresholds"
          of="thresholds"
          min={1}
          max={1e9}
          isWhole
          paper="100, 300, 500, 1000"
        />
      );
    case 'preprocessing':
      return <p className="small quiet">6 settings of four switches</p>;
    case 'folds':
      return <Folds />;
    case 'seeds':
      return <NumberList label="Seeds" of="seeds" min={0} max={0xffff_ffff} isWhole />;
    case 'learning-rate':
      return <NumberList label="Learning rates" of="learningRates" min={1e-8} max={1} isWhole={false} />;
    case 'loss':
      return <Losses />;
    case 'length':
      return <NumberList label="Tokens" of="lengths" min={8} max={4096} isWhole />;
    case 'models':
      return <Models />;
    case 'truncation':
      return <TokenCount label="Tokens left" of="cutTokens" />;
    case 'long-texts':
      return (
        <>
          <div className="row">
            <TokenCount label="Tokens a piece" of="pieceTokens" />
            <TokenCount label="Longest text" of="longestTokens" />
          </div>
          <Ticks label="Readings" of="readingIds" choices={readingChoices} />
        </>
      );
    case 'picking':
      return <p className="small quiet">{pickingChoices.length} ways, one run</p>;
    case 'rows':
      return <p className="small quiet">steps, steps by article, articles</p>;
    case 'encodings':
      return <Ticks label="Encodings" of="encodingIds" choices={encodingChoices} />;
  }
}

function TokenCount(props: {
  readonly label: string;
  readonly of: 'cutTokens' | 'pieceTokens' | 'longestTokens';
}) {
  const { label, of } = props;
  const value = useStore(draft, (values) => values[of]);
  return (
    <NumberField
      label={label}
      value={value}
      min={8}
      max={4096}
      step={1}
      width={120}
      onChange={(next) => change({ [of]: next })}
    />
  );
}

function Ticks(props: {
  readonly label: string;
  readonly of: 'readingIds' | 'encodingIds';
  readonly choices: readonly { readonly id: string; readonly name: string }[];
}) {
  const { label, of, choices } = props;
  const chosen = useStore(draft, (values) => values[of]);
  return (
    <div className="ticks" role="group" aria-label={label}>
      {choices.map(({ id, name }) => (
        <Check
          key={id}
          isSelected={chosen.includes(id)}
          onChange={(on) => change({ [of]: on ? [...chosen, id] : chosen.filter((other) => other !== id) })}
        >
          {name}
        </Check>
      ))}
    </div>
  );
}

function NumberList(props: {
  readonly label: string;
  readonly of: 'thresholds' | 'seeds' | 'learningRates' | 'lengths';
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
  readonly paper?: string;
}) {
  const { label, of, min, max, isWhole, paper } = props;
  const value = useStore(draft, (values) => values[of]);
  const [text, setText] = useState(() => value.join(', '));
  const parsed = parseNumbers(text, { min, max, isWhole });
  return (
    <label className="number-list">
      <span className="visually-hidden">{label}</span>
      <input
        className="text-input num"
        value={text}
        aria-invalid={parsed === null}
        onChange={(event) => {
          setText(event.target.value);
          const next = parseNumbers(event.target.value, { min, max, isWhole });
          if (next) change({ [of]: next });
        }}
      />
      {parsed === null && (
        <span className="small number-list-wrong" role="alert">
          {isWhole ? 'Whole numbers' : 'Numbers'} from {min} to {max}, with commas between
        </span>
      )}
      {paper && text !== paper && parsed !== null && <span className="small quiet">paper: {paper}</span>}
    </label>
  );
}

function Folds() {
  const folds = useStore(draft, (values) => values.folds);
  return (
    <NumberField
      label="Folds"
      hideLabel
      value={folds}
      min={2}
      max={20}
      step={1}
      width={104}
      onChange={(next) => change({ folds: next })}
    />
  );
}

function Losses() {
  const chosen = useStore(draft, (values) => values.lossIds);
  return (
    <div className="ticks" role="group" aria-label="Losses">
      {lossChoices.map(({ id, name }) => (
        <Check
          key={id}
          isSelected={chosen.includes(id)}
          onChange={(on) =>
            change({ lossIds: on ? [...chosen, id] : chosen.filter((other) => other !== id) })
          }
        >
          {name}
        </Check>
      ))}
    </div>
  );
}

function Models() {
  const ticked = useStore(draft, (values) => values.models);
  const own = useNotebook(({ parameters }) => parameters.text.model);
  const modelFiles = useSession((state) => state.modelFiles);
  const known: ModelChoice[] = [
    { kind: 'embedded', name: 'verbena-mini' },
    ...modelPresets.map(({ repository }) => ({ kind: 'hub', repository, revision: 'main' }) as const),
  ];
  // Hub repositories typed by hand, and a dropped folder as long as it is open.
  if ((own.kind !== 'files' || modelFiles) && !known.some((model) => stable(model) === stable(own)))
    known.push(own);
  const chosen = ticked.length > 0 ? ticked : [own];
  const isChosen = (model: ModelChoice) => chosen.some((other) => stable(other) === stable(model));
  const isFromHub = chosen.some(({ kind }) => kind === 'hub');
  return (
    <>
      <div className="ticks" role="group" aria-label="Models">
        {known.map((model) => (
          <Check
            key={stable(model)}
            isSelected={isChosen(model)}
            onChange={(on) =>
              change({
                models: on ? [...chosen, model] : chosen.filter((other) => stable(other) !== stable(model)),
              })
            }
          >
            {shortName(model)}
          </Check>
        ))}
      </div>
      {isFromHub && (
        <p className="small quiet">
          Config, tokenizer and weights of hub models are downloaded from huggingface.co when their turn
          comes.
        </p>
      )}
    </>
  );
}

/** A preset by its title, without the owner. */
function shortName(model: ModelChoice): string {
  if (model.kind !== 'hub') return model.name;
  const preset = modelPresets.find(({ repository }) => repository === model.repository);
  return preset ? (preset.title.split(',')[0] ?? preset.title) : modelName(model);
}
