import { Boxes, FileDown } from 'lucide-react';
import { useStore } from 'zustand';
import { promptTemplates } from '../../../core/embedding/prompts.ts';
import { toNpy } from '../../../core/embedding/npy.ts';
import { modelPresets } from '../../../models/presets.ts';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import type { EmbedderKind, EmbeddingParameters, ModelChoice } from '../../../notebook/parameters.ts';
import { fileStem, pickFiles, saveFile } from '../../files.ts';
import { useParameters, useSession } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { NumberField, Select, TextField } from '../../ui/fields.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { Output } from '../../ui/Output.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { currentInstructions } from '../instructions/store.ts';
import { embedderNames, embeddingStore, poolingNames, promptedExample } from './store.ts';
import './embedding.css';

const hubPresets = ['Xenova/all-MiniLM-L6-v2', 'Xenova/e5-small-v2', 'Xenova/bert-base-uncased'];

/** Instructions become vectors. */
export function EmbeddingCell() {
  const [parameters, change] = useParameters('embedding');
  const corpus = useSession((state) => state.corpus);
  const last = useStore(embeddingStore, (state) => state.embedding);
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
        isDisabled: !corpus,
      }}
      secondary={
        embedding &&
        !('rowCount' in embedding.points) && (
          <Button
            icon={FileDown}
            tip="float32, a row a text; numpy.load reads it"
            onPress={() => {
              const { points, name } = embedding;
              if (!('rowCount' in points)) saveFile(new Blob([toNpy(points)]), `${fileStem(name)}.npy`);
            }}
          >
            Save .npy
          </Button>
        )
      }
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
                ? `${formatCount(embedding.tokens.template)} of the prompt, ${formatCount(embedding.tokens.truncated)} texts cut`
                : embedding.fromCache
                  ? 'from this browser’s cache'
                  : 'no tokens'
            }
          />
          <Figure label="Made on" value={embedding.device} />
        </FigureRow>
      ) : (
        <EmptyState icon={Boxes} title="No vectors yet">
          <p>
            <strong>In:</strong> texts. <strong>Out:</strong> a vector each, to cluster and compare below, or
            to save for NumPy. TF-IDF takes a second and is the bar to beat.
          </p>
        </EmptyState>
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
      {embedder === 'static' && <StaticFiles />}
      {embedder === 'encoder' && (
        <EncoderPicker model={parameters.model} onChange={(model) => change({ model })} />
      )}
      {embedder === 'hub' && (
        <Select
          label="Repository"
          value={parameters.repository}
          onChange={(repository) => change({ repository })}
          width={240}
          options={[...new Set([...hubPresets, parameters.repository])].map((value) => ({
            value,
            label: value,
          }))}
        />
      )}
      {isNeural && (
        <>
          <Select
            label="Pooling"
            value={parameters.pooling}
            onChange={(pooling) => change({ pooling })}
            width={190}
            options={(['mean', 'first', 'last', 'last-two-layers'] as const)
              .filter((pooling) => embedder === 'encoder' || pooling !== 'last-two-layers')
              .map((value) => ({ value, label: poolingNames[value] }))}
          />
          <Select
            label="Prompt"
            value={parameters.prompt}
            onChange={(prompt) => change({ prompt })}
            width={190}
            options={[
              ...promptTemplates.map(({ id, name }) => ({ value: id as string, label: name })),
              { value: 'own', label: 'Own template' },
            ]}
          />
          {parameters.prompt === 'own' && (
            <TextField
              label="Template"
              value={parameters.ownTemplate}
              placeholder="query: {instruction}"
              onChange={(ownTemplate) => change({ ownTemplate })}
              width={320}
            />
          )}
          <NumberField
            label="Length limit, tokens"
            value={parameters.maxLength}
            min={8}
            max={4096}
            step={16}
            onChange={(maxLength) => change({ maxLength })}
          />
        </>
      )}
    </>
  );
}

function EncoderPicker(props: {
  readonly model: ModelChoice;
  readonly onChange: (model: ModelChoice) => void;
}) {
  const { model, onChange } = props;
  const dropped = useSession((state) => state.modelFiles);
  const key = model.kind === 'embedded' ? 'mini' : model.kind === 'hub' ? model.repository : 'files';
  return (
    <Select
      label="Model"
      value={key}
      width={240}
      onChange={(next) =>
        onChange(
          next === 'mini'
            ? { kind: 'embedded', name: 'verbena-mini' }
            : next === 'files'
              ? { kind: 'files', name: 'Dropped folder' }
              : { kind: 'hub', repository: next, revision: 'main' },
        )
      }
      options={[
        { value: 'mini', label: 'verbena-mini', description: 'Comes with the page. Untrained.' },
        ...modelPresets.map(({ repository, description }) => ({
          value: repository as string,
          label: repository as string,
          description,
        })),
        ...(dropped || key === 'files' ? [{ value: 'files', label: 'Dropped folder' }] : []),
      ]}
    />
  );
}

function StaticFiles() {
  const files = useStore(embeddingStore, (state) => state.staticFiles);
  const choose = async () => {
    const picked = await pickFiles({ multiple: true });
    const named = (name: string) => picked.find((file) => file.name === name);
    const [safetensors, tokenizer, config] = ['model.safetensors', 'tokenizer.json', 'config.json'].map(
      named,
    );
    if (!safetensors || !tokenizer) {
      if (picked.length > 0)
        toastError(new Error('A model2vec folder has model.safetensors, tokenizer.json and config.json.'));
      return;
    }
    embeddingStore.setState({
      staticFiles: {
        name: 'model2vec',
        safetensors,
        tokenizerJson: await tokenizer.text(),
        configJson: config ? await config.text() : '{}',
      },
    });
  };
  return (
    <Button onPress={() => void choose().catch(toastError)}>
      {files ? 'Choose another folder’s files' : 'Choose the folder’s files'}
    </Button>
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
    </Output>
  );
}
