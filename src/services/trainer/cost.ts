import { hierarchyByContainment, edgeCount, countViolations } from '../../core/encodings/hierarchy.ts';
import { outputsOf, type Hierarchy, type LabelEncoding } from '../../core/encodings/types.ts';
import { defineModel } from '../../models/create.ts';
import { headGraphOf } from '../../models/encodings/labelHead.ts';
import { sizeOf } from '../../models/weights.ts';
import { encodingOf } from '../../training/encoding.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import type { EvaluationLogits, RunCost, TrainingData } from './contract.ts';
import { readData } from './runData.ts';
import { readModelFiles } from './runWeights.ts';
import type { RunRecord } from './runRecord.ts';

/** What a run's model costs and how far its kept outputs contradict the labels' hierarchy. Throws as its files are read. */
export async function runCost(
  files: FileStore,
  record: RunRecord,
  judged: EvaluationLogits | null,
): Promise<RunCost> {
  const { config } = await readModelFiles(files);
  const data = await readData(files);
  const hierarchy = hierarchyOfRun(record, data);
  const labels = record.labels.length;
  const { encoding } = record.hyperparameters;
  const parameters = parameterCount(config, labels, encoding);
  return {
    parameters,
    addedParameters: parameters - parameterCount(config, labels, undefined),
    edges: edgeCount(hierarchy),
    violations: judged ? countViolations(judged.logits, labels, hierarchy) : null,
  };
}

/** Trained numbers of a classifier with this encoding. Throws `model-unsupported`, `config-invalid`. */
function parameterCount(config: unknown, labels: number, encoding: LabelEncoding | undefined): number {
  const { parameters } = defineModel(config).graph({
    labelCount: outputsOf(encoding, labels),
    training: false,
    dropout: null,
    head: headGraphOf(encoding, labels),
  });
  return parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The hierarchy that the run was told of, else the one that its training rows show: every encoding is judged by the same. */
function hierarchyOfRun({ hyperparameters, seed }: RunRecord, data: TrainingData): Hierarchy {
  const plan = encodingOf(hyperparameters, data, seed);
  if (plan?.kind === 'hierarchical') return plan.hierarchy;
  const { labels, split, targetOffsets, targetIds } = data;
  return hierarchyByContainment({ labels, train: split.train, targetOffsets, targetIds });
}
