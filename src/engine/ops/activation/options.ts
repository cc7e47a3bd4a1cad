/** `gelu` is the exact form (erf), `gelu_new` the tanh approximation, as Hugging Face names them. */
export const activationKinds = ['gelu', 'gelu_new', 'relu', 'tanh', 'silu'] as const;
export type ActivationKind = (typeof activationKinds)[number];
