import { FileUp, Sparkles, X } from 'lucide-react';
import { useEffect, useState, type DragEvent } from 'react';
import { useStore } from 'zustand';
import { textList } from '../../../core/corpus/textList.ts';
import { formatCount, formatMinute, plural } from '../../../notebook/format.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { useNotebook } from '../../hooks.ts';
import { pickFiles } from '../../files.ts';
import { runner } from '../../runtime.ts';
import { toastError } from '../../toasts.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { trainingSession } from '../training/trainer.ts';
import { AnswerTable } from './AnswerTable.tsx';
import { ExportPanel } from './ExportPanel.tsx';
import { calibrationHint, shownScale } from './answers.ts';
import {
  answeringRun,
  askCalibration,
  knownCalibration,
  predictStore,
  showCalibrated,
  textsOf,
  usableRuns,
} from './store.ts';
import './predict.css';

const largestFileBytes = 64 << 20;

/** The model at work on texts of one's own, and on its way out of the tab. */
export function PredictCell() {
  const state = useStore(predictStore);
  const runs = useStore(trainingSession().store, ({ runs }) => runs);
  // Read for its changes: the notebook's own run may be another.
  useNotebook(({ results }) => results.training);
  const notebookId = useNotebook(({ id }) => id);
  const run = answeringRun(runs, state.chosenRunId);
  const texts = textsOf(state);
  // Answers belong to the notebook that asked; texts stay for the next one.
  const answers = state.answers?.notebookId === notebookId ? state.answers : null;
  return (
    <CellFrame
      cell="predict"
      title="Use the model"
      purpose="Labels texts of your own at a run’s best weights and the Evaluation cell’s thresholds, says which words decided, and saves the model for other programs. Texts stay in this tab and are forgotten with it."
      controls={run && <Controls run={run} />}
      {...(run && {
        primary: {
          label: texts.length === 0 ? 'Label texts' : `Label ${plural(texts.length, 'text')}`,
          run: () => void runner.run('predict'),
          lacks: texts.length === 0 ? 'Paste texts, a line each, or choose a file.' : null,
          tip: 'Runs where the run was trained to run.',
        },
      })}
    >
      {run ? (
        <>
          {answers?.isCleaningGuessed && (
            <Note tone="warn">
              <p>
                How this run’s texts were preprocessed is not known in this browser: the Text cell’s present
                settings were used.
              </p>
            </Note>
          )}
          {answers && answers.run.runId === run.runId && (
            <AnswerTable answers={answers} scale={shownScale(answers, state.isCalibrated)} />
          )}
          <ExportPanel run={run} />
        </>
      ) : (
        <EmptyState icon={Sparkles} title="No model to use yet">
          <p>
            <strong>In:</strong> a trained run and texts, pasted or from a file. <strong>Out:</strong> their
            labels with probabilities and the words that decided, as a table and CSV; and the model itself as
            a Hugging Face folder, an ONNX file, or a bundle that trains on PyTorch.
          </p>
        </EmptyState>
      )}
    </CellFrame>
  );
}

function Controls({ run }: { readonly run: RunSummary }) {
  const runs = usableRuns(useStore(trainingSession().store, (state) => state.runs));
  const { pasted, file } = useStore(predictStore);
  return (
    <>
      <Select
        label="Run"
        value={run.runId}
        onChange={(chosenRunId) => predictStore.setState({ chosenRunId })}
        width={272}
        options={runs.map((run) => ({
          value: run.runId,
          label: `${formatMinute(run.createdAt)} · ${run.modelName}`,
          description: `${plural(run.labels.length, 'label')}, step ${formatCount(run.step)}, ${run.state}`,
        }))}
      />
      <div className="predict-input">
        {file ? (
          <p className="row predict-file">
            <span>
              {file.name}: {plural(file.texts.length, 'text')}
              {file.note && <span className="quiet"> · {file.note}</span>}
            </span>
            <IconButton
              icon={X}
              label={`Put ${file.name} away`}
              onPress={() => predictStore.setState({ file: null })}
            />
          </p>
        ) : (
          <DropArea>
            <label className="field-label" htmlFor="predict-texts">
              Texts, a line each
            </label>
            <textarea
              id="predict-texts"
              className="text-input predict-texts"
              rows={4}
              value={pasted}
              placeholder="Preheat the oven to 200 degrees."
              onChange={(event) => predictStore.setState({ pasted: event.target.value })}
            />
          </DropArea>
        )}
        <Button
          icon={FileUp}
          tip=".txt (a line a text), .csv, .tsv, .json or .jsonl with a text column; or drop it onto the field"
          onPress={() =>
            void pickFiles({ accept: '.txt,.csv,.tsv,.json,.jsonl' }).then((files) => readFile(files[0]))
          }
        >
          Choose a file
        </Button>
      </div>
      <CalibrationSwitch run={run} />
    </>
  );
}

/** Which probabilities are shown. Decisions are the same on both. */
function CalibrationSwitch({ run }: { readonly run: RunSummary }) {
  const state = useStore(predictStore);
  useEffect(() => void askCalibration(run), [run]);
  const known = knownCalibration(state, run);
  // What was found out while labelling counts: those weights may be others.
  const answered = state.answers?.run.runId === run.runId ? state.answers.calibration : null;
  const outcome = answered?.kind === 'none' ? answered : known;
  const isFitted = outcome?.kind === 'fitted';
  return (
    <Switch
      label="Calibrated"
      value={isFitted && state.isCalibrated}
      onChange={showCalibrated}
      isDisabled={!isFitted}
      description={calibrationHint(outcome)}
    />
  );
}

/** Files dropped here are texts to label; the page beneath would take them for data. */
function DropArea({ children }: { readonly children: React.ReactNode }) {
  const [isOver, setOver] = useState(false);
  const own = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return (
    <div
      className={`predict-drop${isOver ? ' predict-drop-over' : ''}`}
      onDragEnter={(event) => own(event) && setOver(true)}
      onDragOver={own}
      onDragLeave={(event) => own(event) && setOver(false)}
      onDrop={(event) => {
        if (!own(event)) return;
        setOver(false);
        void readFile(event.dataTransfer.files[0]);
      }}
    >
      {children}
    </div>
  );
}

async function readFile(file: File | undefined): Promise<void> {
  if (!file) return;
  try {
    const { texts, columns, skipped } = textList(
      file.name,
      new Uint8Array(await file.slice(0, largestFileBytes).arrayBuffer()),
    );
    const notes = [
      columns.length > 0 ? `column ${columns.join(', ')}` : '',
      skipped > 0 ? `${plural(skipped, 'record')} without a text skipped` : '',
      file.size > largestFileBytes ? 'the first 64 MB' : '',
    ];
    predictStore.setState({
      file: { name: file.name, texts, note: notes.filter((note) => note !== '').join(', ') },
    });
  } catch (error) {
    toastError(error);
  }
}
