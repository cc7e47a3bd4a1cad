import { formatPercent } from '../../base/quantities.ts';
import { CalibrationError } from './reliability.ts';

export interface MislabelledInput {
  readonly labels: readonly string[];
  /** Out-of-fold probabilities, row-major `[rows, labels]` (`gatherOutOfFold`): a model forgives the errors it has trained on. */
  readonly probabilities: ArrayLike<number>;
  /** 0 or 1. */
  readonly targets: Uint8Array;
}

export interface MislabelledOptions {
  /** Labels with fewer true rows are not judged; default 5. */
  readonly minimumSupport?: number;
  /** Least probability of the other answer for a cell to be listed; default 0.5: the model itself must say otherwise. */
  readonly minimumConfidence?: number;
}

/** A cell whose given answer is confidently contradicted. */
export interface LabelIssue {
  readonly labelId: number;
  /** `missing`: not given, but seen by the model. `wrong`: given, but not seen. */
  readonly kind: 'missing' | 'wrong';
  readonly probability: number;
  /** What rows that do have (missing) or do not have (wrong) the label get on average: the bar that was passed. */
  readonly usual: number;
  /** Probability of the other answer minus that of the given one, at most 1. */
  readonly margin: number;
}

export interface SuspectRow {
  readonly row: number;
  /** Most confident first. */
  readonly issues: readonly LabelIssue[];
  /** Largest margin. */
  readonly margin: number;
}

/** How noisy a label's given answers are. */
export interface LabelNoise {
  readonly labelId: number;
  readonly support: number;
  /** Mean probability of rows that have the label, mean of 1 - p of rows that have not: confident learning's thresholds. */
  readonly trueThreshold: number;
  readonly falseThreshold: number;
  /** Rows of either kind, estimated from the confident joint. */
  readonly estimatedWrong: number;
  readonly estimatedMissing: number;
}

export interface MislabelledReport {
  /** Most suspect first. */
  readonly rows: readonly SuspectRow[];
  /** One a judged label, in label order. */
  readonly noise: readonly LabelNoise[];
  /** Labels with too few true (or false) rows. */
  readonly notJudged: readonly number[];
}

/**
 * Rows likely mislabelled, by confident learning (Northcutt, Jiang and Chuang 2021) with each label as a two-class problem. A cell counts
 * as truly of a class where its probability reaches the mean that rows given that class have (both reached: the likelier), so that
 * an overconfident or a shy label is held against its own measure. Off-diagonal cells of that count are the issues; the count, scaled
 * to the given frequencies, estimates how many there are. Throws `calibration-shape-mismatch`.
 */
export function findMislabelled(
  input: MislabelledInput,
  options: MislabelledOptions = {},
): MislabelledReport {
  const { labels, probabilities, targets } = input;
  const { minimumSupport = 5, minimumConfidence = 0.5 } = options;
  const rowCount = labels.length === 0 ? 0 : targets.length / labels.length;
  if (probabilities.length !== targets.length || !Number.isInteger(rowCount))
    throw new CalibrationError(
      'calibration-shape-mismatch',
      `${probabilities.length} probabilities and ${targets.length} targets do not make rows of ${labels.length} labels.`,
      'Gather the folds again: their data does not belong together.',
    );
  const issuesOfRow = new Map<number, LabelIssue[]>();
  const noise: LabelNoise[] = [];
  const notJudged: number[] = [];
  for (let labelId = 0; labelId < labels.length; labelId++) {
    const column = (row: number) => row * labels.length + labelId;
    let support = 0;
    let trueSum = 0;
    let falseSum = 0;
    for (let row = 0; row < rowCount; row++) {
      const p = probabilities[column(row)] as number;
      if (targets[column(row)] === 1) {
        support++;
        trueSum += p;
      } else falseSum += 1 - p;
    }
    const rest = rowCount - support;
    if (support < minimumSupport || rest < minimumSupport) {
      notJudged.push(labelId);
      continue;
    }
    const trueThreshold = trueSum / support;
    const falseThreshold = falseSum / rest;
    // Confident joint by (given, believed): rows whose probability reaches no threshold are left out.
    const joint = [0, 0, 0, 0] as [number, number, number, number];
    for (let row = 0; row < rowCount; row++) {
      const p = probabilities[column(row)] as number;
      const isTrue = p >= trueThreshold;
      const isFalse = 1 - p >= falseThreshold;
      if (!isTrue && !isFalse) continue;
      const believed = isTrue && isFalse ? Number(p >= 0.5) : Number(isTrue);
      const given = targets[column(row)] as 0 | 1;
      joint[(2 * given + believed) as 0 | 1 | 2 | 3]++;
      const confidence = believed ? p : 1 - p;
      if (given === believed || confidence < minimumConfidence) continue;
      const issue: LabelIssue = {
        labelId,
        kind: believed ? 'missing' : 'wrong',
        probability: p,
        usual: believed ? trueThreshold : 1 - falseThreshold,
        margin: 2 * confidence - 1,
      };
      const known = issuesOfRow.get(row);
      if (known) known.push(issue);
      else issuesOfRow.set(row, [issue]);
    }
    const share = (off: number, on: number) => (off + on === 0 ? 0 : off / (off + on));
    noise.push({
      labelId,
      support,
      trueThreshold,
      falseThreshold,
      estimatedWrong: share(joint[2], joint[3]) * support,
      estimatedMissing: share(joint[1], joint[0]) * rest,
    });
  }
  const rows = Array.from(issuesOfRow, ([row, issues]): SuspectRow => {
    issues.sort((a, b) => b.margin - a.margin || a.labelId - b.labelId);
    return { row, issues, margin: issues[0]?.margin ?? 0 };
  });
  rows.sort((a, b) => b.margin - a.margin || b.issues.length - a.issues.length || a.row - b.row);
  return { rows, noise, notJudged };
}

const percent = (share: number) => formatPercent(share, 0);
const nameOf = ({ labelId }: LabelIssue, labels: readonly string[]) => `“${labels[labelId] ?? labelId}”`;

/** Why a row is listed, where a line is all there is: "“Pets” looks missing, 97 %". */
export function issueInBrief(issue: LabelIssue, labels: readonly string[]): string {
  return `${nameOf(issue, labels)} looks ${issue.kind}, ${percent(issue.probability)}`;
}

/** Why a row is listed, in a sentence a label: "“Pets” looks missing: 97 %, where rows that have it get 81 % on average." */
export function describeIssue(issue: LabelIssue, labels: readonly string[]): string {
  const whose = issue.kind === 'missing' ? 'rows that have it' : 'rows without it';
  return `${nameOf(issue, labels)} looks ${issue.kind}: ${percent(issue.probability)}, where ${whose} get ${percent(issue.usual)} on average.`;
}
