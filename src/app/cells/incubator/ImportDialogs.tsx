import { FileUp } from 'lucide-react';
import { useEffect, useMemo, useState, type DragEvent } from 'react';
import { VerbenaError } from '../../../base/errors.ts';
import { parseLabels } from '../../../core/incubator/labels.ts';
import { largestPaste, readPasted } from '../../../core/incubator/pasted.ts';
import { collect, dropReasons, isTraceKey, type DropReason } from '../../../core/incubator/replies.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { pickFiles } from '../../files.ts';
import { useParameters } from '../../hooks.ts';
import { notebook } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { importSet } from './store.ts';

/** Generations from elsewhere: pasted, dropped or from a file; what they come to is said before they are added. */
export function PasteDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const [{ instruction: current }] = useParameters('incubator');
  const [text, setText] = useState('');
  const [fileName, setFileName] = useState<string | null>(null);
  const [instruction, setInstruction] = useState<string | null>(null);
  const [isOver, setOver] = useState(false);

  const preview = useMemo(() => {
    if (text.trim() === '') return null;
    try {
      const replies = readPasted(text);
      return { replies, collected: collect(replies, { labels: null, isSetAside: isTraceKey }) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }, [text]);
  const read = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > largestPaste) return toastError(tooLarge(file));
    setFileName(file.name);
    setText(await file.text());
  };
  const close = () => {
    setText('');
    setFileName(null);
    setInstruction(null);
    onClose();
  };
  const add = () => {
    if (!preview || 'error' in preview || !notebook.mayRun()) return;
    const { labels } = preview.collected;
    const said = (instruction ?? current).trim();
    // An instruction that names other classes would be one for another set.
    const named = parseLabels(said).labels;
    const fits = named.length === labels.length && named.every((label) => labels.includes(label));
    importSet({
      instruction: said !== '' && (instruction !== null || fits) ? said : describe(labels),
      labels: null,
      source: fileName === null ? { kind: 'pasted' } : { kind: 'file', name: fileName },
      replies: preview.replies,
    });
    close();
  };
  const own = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const objects = preview && !('error' in preview) ? preview.collected.kept.length : 0;
  return (
    <Dialog
      title="Generations from elsewhere"
      isOpen={isOpen}
      onClose={close}
      width={720}
      actions={
        <>
          <Button onPress={close}>Cancel</Button>
          <Button variant="primary" isDisabled={objects === 0} onPress={add}>
            {objects === 0 ? 'Add' : `Add ${plural(objects, 'object')}`}
          </Button>
        </>
      }
    >
      <div
        className={`stack${isOver ? ' incubator-over' : ''}`}
        onDragEnter={(event) => own(event) && setOver(true)}
        onDragOver={own}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          if (!own(event)) return;
          setOver(false);
          void read(event.dataTransfer.files[0]).catch(toastError);
        }}
      >
        <p className="small quiet">
          One JSON object a line with one text of every class, an array of them, or raw replies with objects
          in them. Keys that end in “(response)”, as CoTAM writes traces, are set aside.
        </p>
        <label className="field-label" htmlFor="incubator-paste">
          Generations
        </label>
        <textarea
          id="incubator-paste"
          className="text-input incubator-paste"
          rows={8}
          spellCheck={false}
          value={text.length > shownChars ? text.slice(0, shownChars) : text}
          readOnly={text.length > shownChars}
          placeholder={'{"about food": "Soup is ready!", "about movie": "Seen the sequel?"}'}
          onChange={(event) => {
            setText(event.target.value);
            setFileName(null);
          }}
        />
        <div className="row">
          <Button
            icon={FileUp}
            onPress={() =>
              void pickFiles({ accept: '.json,.jsonl,.txt,.ndjson' })
                .then((files) => read(files[0]))
                .catch(toastError)
            }
          >
            Choose a file
          </Button>
          {fileName !== null && <span className="small">{fileName}</span>}
        </div>
        <TextField
          label="Instruction they answer (optional)"
          value={instruction ?? ''}
          placeholder="Build a classifier that …"
          onChange={setInstruction}
        />
        <div className="small" aria-live="polite">
          {preview && ('error' in preview ? preview.error : <Summary collected={preview.collected} />)}
        </div>
      </div>
    </Dialog>
  );
}

/** More than this is not put into a text field: it would take seconds to draw. */
const shownChars = 200_000;

const tooLarge = (file: File) =>
  new VerbenaError(
    'generations-too-large',
    `${file.name} is larger than 64 MB.`,
    'Cut it into several files; each becomes a set.',
  );

const describe = (labels: readonly string[]) =>
  `Build a classifier that tells ${labels.map((label) => `'${label}'`).join(' and ')} apart.`;

function Summary({ collected }: { readonly collected: ReturnType<typeof collect> }) {
  const { labels, kept, counts, setAside } = collected;
  const drops = (Object.entries(counts) as [DropReason, number][]).map(
    ([reason, count]) => `${formatCount(count)} × ${dropReasons[reason]}`,
  );
  return (
    <>
      <p>
        {plural(kept.length, 'object')} of {plural(labels.length, 'class', 'classes')}: {labels.join(' · ')}
      </p>
      {drops.length > 0 && <p className="quiet">Dropped: {drops.join(', ')}</p>}
      {setAside.size > 0 && <p className="quiet">Set aside: {[...setAside.keys()].join(', ')}</p>}
    </>
  );
}

interface SampleEntry {
  readonly id: string;
  readonly name: string;
  readonly instruction: string;
  readonly file: string;
  readonly objects: number;
}

const sampleUrl = (file: string) => new URL(`samples/generated/${file}`, document.baseURI);

async function fetchSample(file: string): Promise<Response> {
  const response = await fetch(sampleUrl(file));
  if (!response.ok)
    throw new VerbenaError(
      'sample-missing',
      'The sample sets are not on this server.',
      'Run `npx tsx scripts/sample/incubator/generate.ts` where Verbena is served from, or paste generations.',
    );
  return response;
}

/** Sets that come with the page: no download, no model. */
export function SampleDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const [entries, setEntries] = useState<readonly SampleEntry[]>([]);
  useEffect(() => {
    if (!isOpen) return;
    fetchSample('index.json')
      .then(async (response) => setEntries((await response.json()) as SampleEntry[]))
      .catch(toastError);
  }, [isOpen]);
  const open = async ({ name, instruction, file }: SampleEntry) => {
    if (!notebook.mayRun()) return;
    const text = await (await fetchSample(file)).text();
    const set = importSet({
      instruction,
      labels: null,
      source: { kind: 'sample', name },
      replies: readPasted(text),
    });
    notebook.setParameters('incubator', { instruction: set.record.instruction, labels: null });
    onClose();
  };
  return (
    <Dialog title="Sample sets" isOpen={isOpen} onClose={onClose} width={640}>
      <p className="small quiet">
        Written by a grammar for Verbena, not by a model: they show the flow without a download, and say
        nothing of what a model would write.
      </p>
      <ul className="incubator-samples">
        {entries.map((entry) => (
          <li key={entry.id}>
            <div>
              <strong>{entry.name}</strong>
              <p className="small quiet">{entry.instruction}</p>
            </div>
            <Button onPress={() => void open(entry).catch(toastError)}>
              Open {plural(entry.objects, 'object')}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
