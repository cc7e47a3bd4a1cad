/** What InstructNet (arXiv 2512.18301) reports. Only these numbers are known; the rest of its tables is not. */
export interface PaperClaim {
  readonly model: string;
  /** Called “accuracy” there. */
  readonly labelAccuracy: number;
  readonly macroF1: number | null;
  readonly microF1: number | null;
}

export const paperClaims: readonly PaperClaim[] = [
  { model: 'XLNet-base', labelAccuracy: 0.973, macroF1: 0.93, microF1: 0.8902 },
  { model: 'BERT-base', labelAccuracy: 0.9717, macroF1: null, microF1: null },
];
