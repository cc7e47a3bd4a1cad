import { Boxes } from 'lucide-react';
import { useStore } from 'zustand';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import type { EmbedderKind, EmbeddingParameters } from '../../../notebook/parameters.ts';
import { pickFiles } from '../../files.ts';
import { lacksData } from '../../lacks.ts';
import { useParameters, useResult, useSession } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select, TextField } from '../../ui/fields.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { Output } from '../../ui/Output.tsx';
import { LetGo } from '../../ui/LetGo.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { currentInstructions } from '../instructions/store.ts';
import { readingOf } from '../tuning/store.ts';
import { Exports } from './Exports.tsx';
import { PromptLengths } from './PromptLengths.tsx';
import { EncoderField, LengthField, PoolingField, PromptFields } from './ReadingFields.tsx';
import {
  EmbeddingCellError,
  embedderNames,
  embeddingStore,
  promptedExample,
  takeStaticFiles,
} from './store.ts';
import './embedding.css';

const hubPresets = ['Xenova/all-MiniLM-L6-v2', 'Xenova/e5-small-v2', 'Xenova/bert-base-uncased'];

/** Instructions become vectors. */
export function EmbeddingCell() {
  const [parameters, change] = useParameters('embedding');
  const corpus = useSession((state) => state.corpus);
  const last = useStore(embeddingStore, (state) => state.embedding);
  const result = useResult('embedding');
  const embedding = last?.dataHash === corpus?.dataHash ? last : null;
  return (
    <CellFrame
      cell="embedding"
      title="Embedding"
      purpose="Turns each instruction into a vector: by words alone, or by a model that reads it inside a prompt which asks for the task (PIE). Vectors are kept in this browser by what made them."
      controls={<Controls parameters={parameters} change={change} />}
      primary={{
        label: corpus
          ? `Embed ${plural(corpus.rowCount, 'text')} with ${embedderNames[parameters.embedder]}`
          : 'Embed',
        lacks: corpus ? null : lacksData,
      }}
      secondary={embedding && <Exports embedding={embedding} />}
    >
      {embedding ? (
        <FigureRow>
          <Figure label="Vectors" value={formatCount(corpus?.rowCount ?? 0)} baseline={embedding.name} />
          <Figure
            label="Width"
            value={formatCount(embedding.width)}
            baseline={'rowCount' in embedding.points ? 'words, sparse' : 'float32'}
          />
          <Figure
            label="Tokens a text"
            value={embedding.tokens ? formatNumber(embedding.tokens.mean, 3) : null}
            baseline={
              embedding.tokens
                ? `${formatCount(embedding.tokens.template)} of the prompt, ${plural(embedding.tokens.truncated, 'text')} cut`
                : embedding.fromCache
                  ? 'from this browser’s cache'
                  : 'no tokens'
            }
          />
          <Figure label="Made on" value={embedding.device} />
        </FigureRow>
      ) : result ? (
        <LetGo title="The vectors are no longer in this tab" result={result}>
          “Embed” brings them back: a network’s are kept in this browser, those of words are made anew.
        </LetGo>
      ) : (
        <EmptyState icon={Boxes} title="No vectors yet">
          <p>
            <strong>In:</strong> texts. <strong>Out:</strong> a vector each, to cluster and compare below, or
            to save for NumPy. TF-IDF takes a second and is the bar to beat.
          </p>
        </EmptyState>
      )}
      {embedding?.tokens && embedding.tokens.dropped !== '' && (
        <Note
          tone="warn"
          action={{
            label: 'Double the length limit',
            run: () => change({ maxLength: 2 * parameters.maxLength }),
          }}
        >
          The prompt was too long for the length limit, so that texts would have had no room. Its first words
          were left out: “{embedding.tokens.dropped}”.
        </Note>
      )}
      <PromptPreview parameters={parameters} />
    </CellFrame>
  );
}

function Controls(props: {
  readonly parameters: EmbeddingParameters;
  readonly change: (patch: Partial<EmbeddingParameters>) => void;
}) {
  const { parameters, change } = props;
  const { embedder } = parameters;
  const isNeural = embedder === 'encoder' || embedder === 'hub';
  return (
    <>
      <Select<EmbedderKind>
        label="Embedder"
        value={embedder}
        onChange={(next) => change({ embedder: next })}
        width={190}
        options={[
          {
            value: 'tfidf',
            label: embedderNames.tfidf,
            description: 'Words in five texts or more. The baseline.',
          },
          { value: 'lsa', label: embedderNames.lsa, description: 'TF-IDF, reduced to few dimensions.' },
          {
            value: 'static',
            label: embedderNames.static,
            description: 'A vector a word, averaged: files of a model2vec folder.',
          },
          {
            value: 'encoder',
            label: embedderNames.encoder,
            description: 'XLNet and the BERT family, by this page’s engine.',
          },
          {
            value: 'hub',
            label: embedderNames.hub,
            description: 'MiniLM, E5, BERT as ONNX, downloaded when run.',
          },
        ]}
      />
      {embedder === 'lsa' && (
        <NumberField
          label="Dimensions"
          value={parameters.rank}
          min={2}
          max={1024}
          step={1}
          onChange={(rank) => change({ rank })}
        />
      )}
      {embedder === 'static' && <StaticFields parameters={parameters} change={change} />}
      {embedder === 'encoder' && (
        <EncoderField
          model={parameters.model}
          // A tuned encoder is read as it was tuned: prompt, pooling and length come with it.
          onChange={(model, tuned) => change(tuned ? readingOf(tuned) : { model })}
        />
      )}
      {embedder === 'hub' && <HubFields parameters={parameters} change={change} />}
      {isNeural && (
        <>
          <PoolingField parameters={parameters} change={change} lastLayerOnly={embedder === 'hub'} />
          <PromptFields parameters={parameters} change={change} />
          <LengthField parameters={parameters} change={change} />
        </>
      )}
    </>
  );
}

const precisions = { fp32: 'Full (fp32)', fp16: 'Half (fp16)', q8: '8 bits (q8)' } as const;

/** Which repository, and which of its files. */
function HubFields(props: {
  readonly parameters: EmbeddingParameters;
  readonly change: (patch: Partial<EmbeddingParameters>) => void;
}) {
  const { parameters, change } = props;
  const { repository, dtype } = parameters;
  const isPreset = hubPresets.includes(repository);
  return (
    <>
      <Select
        label="Repository"
        value={isPreset ? repository : 'other'}
        onChange={(next) => change({ repository: next === 'other' ? 'owner/name' : next })}
        width={240}
        options={[
          ...hubPresets.map((value) => ({ value, label: value })),
          { value: 'other', label: 'Another repository', description: 'Any with an onnx folder.' },
        ]}
      />
      {!isPreset && (
        <TextField
          label="Repository’s name"
          value={repository}
          placeholder="owner/name"
          onChange={(next) => change({ repository: next.trim() === '' ? 'owner/name' : next.trim() })}
          width={240}
        />
      )}
      <Select
        label="Precision"
        value={dtype}
        onChange={(next) => change({ dtype: next })}
        width={140}
        options={(['fp32', 'fp16', 'q8'] as const).map((value) => ({ value, label: precisions[value] }))}
      />
    </>
  );
}

const staticPresets = ['minishlab/potion-base-8M', 'minishlab/potion-base-2M', 'minishlab/M2V_base_output'];

/** A folder's files, or a repository of the hub. */
function StaticFields(props: {
  readonly parameters: EmbeddingParameters;
  readonly change: (patch: Partial<EmbeddingParameters>) => void;
}) {
  const { staticRepository } = props.parameters;
  const files = useStore(embeddingStore, (state) => state.staticFiles);
  const choose = async () => {
    const picked = await pickFiles({ multiple: true });
    if (picked.length > 0 && !(await takeStaticFiles(picked)))
      toastError(
        new EmbeddingCellError(
          'static-model-missing',
          'These files are no model2vec folder.',
          'Choose its model.safetensors, tokenizer.json and config.json together.',
        ),
      );
  };
  return (
    <>
      <Select
        label="Static model"
        value={staticRepository ?? 'files'}
        onChange={(next) => props.change({ staticRepository: next === 'files' ? null : next })}
        width={230}
        options={[
          { value: 'files', label: files ? `Folder ${files.name}` : 'A folder’s files' },
          ...[...new Set([...staticPresets, ...(staticRepository ? [staticRepository] : [])])].map(
            (value) => ({
              value,
              label: value,
              description: 'From the hub, downloaded when run.',
            }),
          ),
        ]}
      />
      {staticRepository === null && (
        <Button
          tip="model.safetensors, tokenizer.json and config.json; or drop the folder onto the page"
          onPress={() => void choose().catch(toastError)}
        >
          {files ? 'Choose another folder’s files' : 'Choose the folder’s files'}
        </Button>
      )}
    </>
  );
}

/** What the model reads, for one text. */
function PromptPreview({ parameters }: { readonly parameters: EmbeddingParameters }) {
  if (parameters.embedder !== 'encoder' && parameters.embedder !== 'hub') return null;
  const text = currentInstructions()?.texts[0] ?? 'Write a poem about rain';
  let shown: string;
  try {
    shown = promptedExample(parameters, text);
  } catch (error) {
    return (
      <Note tone="warn">
        <p>{error instanceof Error ? error.message : String(error)}</p>
      </Note>
    );
  }
  return (
    <Output name="Prompt" summary="What the model reads, for the first text.">
      <pre className="prompt-example" tabIndex={0}>
        {shown}
      </pre>
      <PromptLengths parameters={parameters} />
    </Output>
  );
}
