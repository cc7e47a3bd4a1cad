import { useState } from 'react';
import type { ModelChoice } from '../../../notebook/parameters.ts';
import { modelPresets, presetOf, weightSize } from '../../../models/presets.ts';
import { pickFiles } from '../../files.ts';
import { useIsAtWork, useParameters, useSession } from '../../hooks.ts';
import { acceptModel } from '../../modelFiles.ts';
import { Button } from '../../ui/Button.tsx';
import { Select, TextField, type Option } from '../../ui/fields.tsx';
import { Dialog } from '../../ui/Dialog.tsx';

const embedded = 'verbena-mini';
/** InstructNet's. */
const paperModel = 'xlnet/xlnet-base-cased';

const keyOf = (model: ModelChoice) =>
  model.kind === 'embedded' ? model.name : model.kind === 'hub' ? `hub:${model.repository}` : 'files';

/** The model whose tokenizer is used here and whose weights are trained below; as the other settings of a run, not while it goes. */
export function ModelPicker() {
  const [{ model }, change] = useParameters('text');
  const modelFiles = useSession((state) => state.modelFiles);
  const isTraining = useIsAtWork('training');
  const [isAsking, setIsAsking] = useState(false);
  const options: Option<string>[] = [
    {
      value: embedded,
      label: 'verbena-mini',
      description: 'Small XLNet that comes with the page. Untrained.',
    },
    ...modelPresets.map((preset) => ({
      value: `hub:${preset.repository}`,
      label: preset.repository,
      description: `${preset.description} From the hub, ${weightSize(preset)}.`,
    })),
  ];
  if (model.kind === 'hub' && presetOf(model.repository)?.repository !== model.repository)
    options.push({ value: keyOf(model), label: model.repository, description: 'From the hub.' });
  if (model.kind === 'files' || modelFiles)
    options.push({
      value: 'files',
      label: model.kind === 'files' ? model.name : 'Dropped folder',
      description: modelFiles ? 'Dropped onto this page.' : 'Drop the folder again to use it.',
    });
  options.push(
    { value: 'other', label: 'Another hub repository…' },
    { value: 'choose', label: 'Files of a model folder…' },
  );

  const chooseFolder = async () => {
    const files = await pickFiles({ multiple: true });
    if (files.length > 0) acceptModel(files);
  };
  const choose = (value: string) => {
    if (value === 'other') setIsAsking(true);
    else if (value === 'choose') void chooseFolder();
    else if (value === embedded) change({ model: { kind: 'embedded', name: embedded } });
    else if (value.startsWith('hub:'))
      change({ model: { kind: 'hub', repository: value.slice(4), revision: 'main' } });
    else if (modelFiles) acceptModel(modelFiles);
  };

  return (
    <>
      <Select
        label="Model and tokenizer"
        value={keyOf(model)}
        options={options}
        onChange={choose}
        isDisabled={isTraining}
        width={240}
        paper={{ value: `hub:${paperModel}`, text: 'XLNet-base' }}
      />
      <RepositoryDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        onChoose={(repository) => change({ model: { kind: 'hub', repository, revision: 'main' } })}
      />
    </>
  );
}

function RepositoryDialog(props: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onChoose: (repository: string) => void;
}) {
  const [name, setName] = useState('');
  const isValid = /^[\w.-]+\/[\w.-]+$/.test(name.trim());
  return (
    <Dialog
      title="Model from the Hugging Face hub"
      isOpen={props.isOpen}
      onClose={props.onClose}
      width={460}
      actions={
        <>
          <Button onPress={props.onClose}>Cancel</Button>
          <Button
            variant="primary"
            isDisabled={!isValid}
            onPress={() => {
              props.onChoose(name.trim());
              props.onClose();
            }}
          >
            Use this model
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField label="Repository" value={name} onChange={setName} placeholder="owner/name" width={400} />
        <p className="small quiet">
          An XLNet, BERT, RoBERTa, ELECTRA or DistilBERT checkpoint with safetensors weights. Nothing is
          downloaded until a cell that needs it runs.
        </p>
      </div>
    </Dialog>
  );
}
