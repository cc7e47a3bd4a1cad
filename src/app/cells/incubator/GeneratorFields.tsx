import { FolderOpen, ShieldCheck, ShieldX } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { useStore } from 'zustand';
import type { GeneratorKind, IncubatorParameters } from '../../../notebook/parameters.ts';
import { browserModelState, type BrowserModelState } from '../../../services/generator/browserModel.ts';
import { hubPresets } from '../../../services/generator/presets.ts';
import { pickFiles } from '../../files.ts';
import { useIsAtWork, useSession } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { NumberField, Select, TextField } from '../../ui/fields.tsx';
import {
  allow,
  decoderFilesStore,
  askForModels,
  consentStore,
  endpointOrigin,
  generatorNames,
  terms,
  withdraw,
} from './generators.ts';
import { tuningStore } from './tuningState.ts';

interface FieldsProps {
  readonly parameters: IncubatorParameters;
  readonly change: (patch: Partial<IncubatorParameters>) => void;
}

interface GeneratorProps extends FieldsProps {
  readonly isDisabled: boolean;
}

/** Which generator, its own settings, and in plain words what it costs and what leaves the tab. */
export function GeneratorFields({ parameters, change }: FieldsProps) {
  const { generator } = parameters;
  const isDisabled = useIsInUse();
  return (
    <>
      <Select<GeneratorKind>
        label="Generator"
        value={generator}
        onChange={(next) => change({ generator: next })}
        isDisabled={isDisabled}
        width={190}
        options={[
          {
            value: 'hub',
            label: generatorNames.hub,
            description: '135M to 1.5B parameters, run here by ONNX Runtime.',
          },
          {
            value: 'decoder',
            label: generatorNames.decoder,
            description: 'Llama and Qwen weights on this page’s own kernels; can be tuned.',
          },
          {
            value: 'browser',
            label: generatorNames.browser,
            description: 'The Prompt API, where this Chrome has it.',
          },
          {
            value: 'endpoint',
            label: generatorNames.endpoint,
            description: 'Ollama, llama.cpp, or any OpenAI-compatible server you allow.',
          },
        ]}
      />
      {generator === 'hub' && <HubFields {...{ parameters, change, isDisabled }} />}
      {generator === 'decoder' && <DecoderFields {...{ parameters, change, isDisabled }} />}
      {generator === 'endpoint' && <EndpointFields {...{ parameters, change, isDisabled }} />}
    </>
  );
}

/** Another choice would be lost on what runs, close the model under it at the next press, or mix two generators in one experiment. */
function useIsInUse(): boolean {
  const isTuned = useStore(tuningStore, ({ running }) => running !== null);
  const isWriting = useIsAtWork('incubator');
  const isTunedOnPairs = useIsAtWork('generatorTuning');
  const isInExperiment = useIsAtWork('incubatorExperiments');
  return isTuned || isWriting || isTunedOnPairs || isInExperiment;
}

/** What a reader should know before anything is generated. */
export function GeneratorTerms({ parameters, change }: FieldsProps) {
  const { costs, leaves } = terms(parameters);
  const isInUse = useIsInUse();
  return (
    <div className="incubator-terms small">
      {isInUse && <p>A run is using the generator: it can be changed when that has ended.</p>}
      <p>
        <strong>Cost:</strong> {costs}
      </p>
      <p>
        <strong>Leaves the tab:</strong> {leaves}
      </p>
      {parameters.generator === 'browser' && <BrowserState />}
      {parameters.generator === 'endpoint' && <Consent parameters={parameters} change={change} />}
    </div>
  );
}

function HubFields({ parameters, change, isDisabled }: GeneratorProps) {
  const { hub } = parameters;
  const isKnown = hubPresets.some(({ repository }) => repository === hub.repository);
  return (
    <>
      <Select
        isDisabled={isDisabled}
        label="Model"
        value={hub.repository}
        width={190}
        onChange={(repository) => {
          const preset = hubPresets.find((one) => one.repository === repository);
          change({ hub: { ...hub, repository, ...(preset ? { dtype: preset.dtype } : {}) } });
        }}
        options={[
          ...hubPresets.map(({ repository, name, downloadMB, licence }) => ({
            value: repository as string,
            label: name as string,
            description: `about ${downloadMB} MB, ${licence}`,
          })),
          ...(isKnown ? [] : [{ value: hub.repository, label: hub.repository }]),
        ]}
      />
      <Select
        isDisabled={isDisabled}
        label="Precision"
        value={hub.dtype}
        width={110}
        onChange={(dtype) => change({ hub: { ...hub, dtype } })}
        options={(['q4', 'q4f16', 'q8', 'fp16', 'fp32'] as const).map((value) => ({ value, label: value }))}
      />
    </>
  );
}

const decoderRepositories = [
  'HuggingFaceTB/SmolLM2-135M-Instruct',
  'HuggingFaceTB/SmolLM2-360M-Instruct',
  'Qwen/Qwen2.5-0.5B-Instruct',
] as const;

function DecoderFields({ parameters, change, isDisabled }: GeneratorProps) {
  const { decoder } = parameters;
  const dropped = useSession((state) => state.modelFiles);
  const own = useStore(decoderFilesStore, ({ files }) => files);
  const pick = async () => {
    const files = await pickFiles({ multiple: true });
    if (files.length === 0) return;
    decoderFilesStore.setState({ files });
    const weights = files.find(({ name }) => /\.(?:safetensors|bin)$/u.test(name));
    change({ decoder: { kind: 'files', name: weights?.name ?? 'files' } });
  };
  const key = decoder.kind === 'hub' ? decoder.repository : decoder.kind === 'files' ? 'files' : decoder.name;
  return (
    <>
      <Select
        isDisabled={isDisabled}
        label="Model"
        value={key}
        width={260}
        onChange={(next) =>
          change({
            decoder:
              next === 'files'
                ? { kind: 'files', name: 'Own files' }
                : { kind: 'hub', repository: next, revision: 'main' },
          })
        }
        options={[
          ...[
            ...new Set([...decoderRepositories, ...(decoder.kind === 'hub' ? [decoder.repository] : [])]),
          ].map((value) => ({
            value: value as string,
            label: value as string,
            description: 'safetensors from the hub',
          })),
          ...(own || dropped || decoder.kind === 'files'
            ? [{ value: 'files', label: 'Own files', description: 'Never leave this tab.' }]
            : []),
        ]}
      />
      <Button
        icon={FolderOpen}
        isDisabled={isDisabled}
        tip="config.json, the safetensors, tokenizer.json and tokenizer_config.json, all at once; or a llama2.c .bin with its tokenizer"
        onPress={() => void pick().catch(toastError)}
      >
        Choose files
      </Button>
    </>
  );
}

function EndpointFields({ parameters, change, isDisabled }: GeneratorProps) {
  const { endpoint } = parameters;
  const set = (patch: Partial<IncubatorParameters['endpoint']>) =>
    change({ endpoint: { ...endpoint, ...patch } });
  const models = useStore(consentStore, (state) => state.models);
  // The fields stand in two cells.
  const keyId = useId();
  const apiKey = useStore(consentStore, (state) => state.apiKey);
  const names = models?.origin === endpointOrigin(parameters) ? models.names : [];
  return (
    <>
      <TextField
        isDisabled={isDisabled}
        label="Address"
        value={endpoint.url}
        width={240}
        placeholder="http://localhost:11434/v1"
        onChange={(url) => set({ url })}
      />
      {names.length > 0 ? (
        <Select
          isDisabled={isDisabled}
          label="Model"
          value={endpoint.model}
          width={200}
          onChange={(model) => set({ model })}
          options={[...new Set([...names, ...(endpoint.model ? [endpoint.model] : [])])].map((value) => ({
            value,
            label: value,
          }))}
        />
      ) : (
        <TextField
          isDisabled={isDisabled}
          label="Model"
          value={endpoint.model}
          width={200}
          placeholder="llama3.2:3b"
          onChange={(model) => set({ model })}
        />
      )}
      <div className="field">
        <label className="field-label" htmlFor={keyId}>
          Key, if it wants one
        </label>
        <input
          id={keyId}
          className="text-input"
          type="password"
          autoComplete="off"
          value={apiKey}
          disabled={isDisabled}
          onChange={(event) => consentStore.setState({ apiKey: event.target.value })}
        />
      </div>
      <NumberField
        isDisabled={isDisabled}
        label="At once"
        value={endpoint.parallel}
        min={1}
        max={16}
        step={1}
        onChange={(parallel) => set({ parallel })}
      />
      <NumberField
        isDisabled={isDisabled}
        label="Context, tokens"
        value={endpoint.contextTokens}
        min={256}
        max={1_000_000}
        step={1}
        steppers={false}
        width={96}
        onChange={(contextTokens) => set({ contextTokens })}
      />
      <NumberField
        isDisabled={isDisabled}
        label="Price in, per 1M"
        value={endpoint.inputPrice}
        min={0}
        steppers={false}
        width={96}
        onChange={(inputPrice) => set({ inputPrice })}
      />
      <NumberField
        isDisabled={isDisabled}
        label="Price out, per 1M"
        value={endpoint.outputPrice}
        min={0}
        steppers={false}
        width={96}
        onChange={(outputPrice) => set({ outputPrice })}
      />
    </>
  );
}

/** Nothing is sent before this was pressed; it counts for this origin and this tab. */
function Consent({ parameters }: FieldsProps) {
  const allowed = useStore(consentStore, (state) => state.allowed);
  const [isAsking, setAsking] = useState(false);
  const origin = endpointOrigin(parameters);
  if (origin === null) return <p>Write an address such as http://localhost:11434/v1.</p>;
  const ask = () => {
    setAsking(true);
    askForModels(parameters)
      .catch(toastError)
      .finally(() => setAsking(false));
  };
  return allowed.has(origin) ? (
    <div className="row">
      <ShieldCheck size={16} aria-hidden />
      <span>Allowed in this tab: {origin}</span>
      <Button isDisabled={isAsking} onPress={ask}>
        {isAsking ? 'Asking…' : 'List its models'}
      </Button>
      <Button variant="quiet" onPress={() => withdraw(origin)}>
        Withdraw
      </Button>
    </div>
  ) : (
    <div className="row">
      <ShieldX size={16} aria-hidden />
      <span>Not allowed yet: nothing has been sent to {origin}.</span>
      <Button onPress={() => allow(origin)}>Allow {origin} in this tab</Button>
    </div>
  );
}

const stateWords: Readonly<Record<BrowserModelState, string>> = {
  unavailable: 'This device or Chrome cannot run it.',
  downloadable: 'Chrome can fetch it: that starts when you generate.',
  downloading: 'Chrome is fetching it.',
  available: 'It is ready.',
};

function BrowserState() {
  const [state, setState] = useState<BrowserModelState | null | 'asking'>('asking');
  useEffect(() => {
    let alive = true;
    void browserModelState().then((now) => alive && setState(now));
    return () => {
      alive = false;
    };
  }, []);
  if (state === 'asking') return null;
  return (
    <p>
      <strong>State:</strong>{' '}
      {state === null ? 'This browser has no Prompt API. Choose another generator.' : stateWords[state]}
    </p>
  );
}
