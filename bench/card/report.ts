import type { MeasuredAttention } from './attention.ts';
import type { MeasuredProduct } from './products.ts';
import type { MeasuredStep, StepSize } from './step.ts';

/** What `torchStep.py` writes. */
export interface TorchReport {
  /** PyTorch's version and the device's name. */
  readonly name: string;
  readonly steps: readonly (StepSize & { readonly msPerStep: number; readonly peakBytes: number })[];
}

/** What `run.ts` writes. */
export interface CardReport {
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly isTiny: boolean;
  readonly isSmall: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly subgroups: { readonly least: number; readonly most: number } | null;
  readonly host: Readonly<Record<'node' | 'cpu' | 'platform', string>>;
  readonly measuredAt: string;
  /** Of memory, by a vector sum. */
  readonly bytesPerSecond: number;
  /** Every tile on every class of the model's products; `best`: the fastest of each. */
  readonly products: readonly MeasuredProduct[];
  readonly best: readonly MeasuredProduct[];
  readonly attention: readonly MeasuredAttention[];
  readonly steps: readonly MeasuredStep[];
  readonly torch: TorchReport | null;
}
