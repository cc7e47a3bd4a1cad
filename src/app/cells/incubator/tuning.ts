import { isAbort, toWire, VerbenaError } from '../../../base/errors.ts';
import type { Progress } from '../../../base/progress.ts';
import { chooseExamples } from '../../../core/incubator/examples.ts';
import { writeObject } from '../../../core/incubator/pasted.ts';
import { buildPrompt, type BuiltPrompt } from '../../../core/incubator/prompts.ts';
import { createZipBlob } from '../../../models/files/zipWriter.ts';
import type { IncubatorParameters } from '../../../notebook/parameters.ts';
import { plural } from '../../../notebook/format.ts';
import { defaultGeneration, defaultTuning } from '../../../services/decoder/contract.ts';
import { notebook } from '../../runtime.ts';
import { decoderService, openGenerator } from './generators.ts';
import { keptOf, type LoadedSet } from './store.ts';
import { keepAdapterAtWork } from './keptAdapters.ts';
import { presetOf } from './task.ts';
import { tuningStore } from './tuningState.ts';

export { tuningStore } from './tuningState.ts';

export class TuningError extends VerbenaError<'tuning-needs-decoder' | 'adapter-files-missing'> {}

const shownReplies = 3;

/** What the generator reads when it is tuned, and when it is asked afterwards: the same, without examples of other tasks where they do not fit. */
function promptFor(parameters: IncubatorParameters, set: LoadedSet, contextTokens: number): BuiltPrompt {
  const { instruction } = set.record;
  return buildPrompt({
    preset: presetOf(parameters),
    instruction,
    labels: set.collected.labels,
    examples: chooseExamples(instruction, parameters.examples).map(({ example }) => example),
    contextTokens,
    replyTokens: parameters.replyTokens,
    draw: 0,
    seed: parameters.seed,
  });
}

/** Tunes the engine's decoder on the objects in use (LoRA), with samples before and after. Nothing of the set changes. */
export async function tuneGenerator(set: LoadedSet): Promise<void> {
  if (tuningStore.getState().running) return;
  const controller = new AbortController();
  const { signal } = controller;
  const stop = () => controller.abort();
  let isOver = false;
  const report = (progress: Progress) => {
    if (!isOver) tuningStore.setState({ running: { progress, stop } });
  };
  report({ phase: 'Opening the model', done: 0, total: null, unit: 'bytes' });
  tuningStore.setState({ error: null, steps: [], result: null });
  try {
    const parameters = notebook.store.getState().parameters.incubator;
    if (parameters.generator !== 'decoder')
      throw new TuningError(
        'tuning-needs-decoder',
        'Only Verbena’s own engine can be tuned in the tab.',
        'Choose “Verbena’s engine” as the generator.',
      );
    const { info } = await openGenerator(parameters, { signal, onProgress: report });
    const decoder = decoderService();
    const prompt = promptFor(parameters, set, info.contextTokens);
    const { labels, kept } = set.collected;
    const chosen = keptOf(set.record);
    const used = kept.filter(({ object }) => !chosen || chosen.has(object));
    const system = prompt.system === '' ? {} : { system: prompt.system };
    const sample = async () => {
      const { temperature, topP, minP, replyTokens: maxTokens, seed } = parameters;
      report({ phase: 'Drawing samples', done: 0, total: null, unit: 'outputs' });
      const options = {
        ...defaultGeneration,
        ...system,
        temperature,
        topP,
        minP,
        maxTokens,
        seed,
        count: shownReplies,
      };
      const { replies } = await decoder.generate(prompt.user, options, () => undefined, signal);
      return replies.map(({ text }) => text);
    };
    const before = await sample();
    const tuned = await decoder.tune(
      used.map(({ texts }) => ({ prompt: prompt.user, reply: writeObject(labels, texts) })),
      {
        ...defaultTuning,
        ...system,
        batchSize: Math.min(parameters.diversify.k, 64),
        maxLength: Math.min(info.contextTokens, 1024),
        seed: parameters.seed,
      },
      (step) => {
        if (isOver) return;
        tuningStore.setState(({ steps }) => ({ steps: [...steps, step] }));
        report({ phase: 'Tuning', done: step.step, total: step.steps, unit: 'steps' });
      },
      signal,
    );
    if (tuned.info.adapter !== null) await keepAdapterAtWork(`${plural(used.length, 'object')} of a set`);
    // A stop in the middle keeps what was learned; its samples are worth having as well.
    const after = tuned.aborted ? [] : await sample();
    tuningStore.setState({
      steps: tuned.steps,
      info: tuned.info,
      result: { setId: set.record.id, objects: used.length, tuned, before, after },
    });
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) tuningStore.setState({ error: toWire(error) });
  } finally {
    isOver = true;
    tuningStore.setState({ running: null });
  }
}

/** The adapter as the folder that PEFT reads, zipped. */
export async function adapterZip(): Promise<Blob> {
  const { name, config, weights } = await decoderService().exportAdapter();
  const folder = name.replaceAll(/[^\w.-]+/gu, '-');
  const zip = createZipBlob();
  await zip.add(`${folder}/adapter_config.json`, config);
  await zip.add(`${folder}/adapter_model.safetensors`, [weights]);
  return zip.finish();
}

/** Puts an adapter from files to work in the decoder that is chosen. Throws `adapter-files-missing` and what the decoder throws. */
export async function loadAdapter(files: readonly File[]): Promise<void> {
  const config = files.find(({ name }) => name === 'adapter_config.json');
  const weights = files.find(({ name }) => name.endsWith('.safetensors'));
  if (!config || !weights)
    throw new TuningError(
      'adapter-files-missing',
      'An adapter is two files: adapter_config.json and adapter_model.safetensors.',
      'Choose both at once.',
      { files: files.map(({ name }) => name) },
    );
  const parameters = notebook.store.getState().parameters.incubator;
  await openGenerator(parameters, { signal: new AbortController().signal, onProgress: () => undefined });
  const info = await decoderService().importAdapter({
    name: weights.name.replace(/\.safetensors$/u, ''),
    config: await config.text(),
    weights: new Uint8Array(await weights.arrayBuffer()),
  });
  tuningStore.setState({ info });
  await keepAdapterAtWork('from files');
}

/** Back to the model as it was published. */
export async function dropAdapter(): Promise<void> {
  tuningStore.setState({ info: await decoderService().dropAdapter(), result: null, steps: [] });
}
