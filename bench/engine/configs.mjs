// The sizes of `npm run bench:engine`: training steps (a BenchConfig each) and matrix products (a ProductConfig each).
const shared = { vocabulary: 8000, labels: 67, sequences: 8 };
const xlnetBase = { ...shared, vocabulary: 32_000, layers: 12, width: 768, heads: 12, inner: 3072 };

export const benchConfigs = {
  small: { ...shared, layers: 2, width: 128, heads: 4, inner: 512, tokens: 64 },
  wide: { ...shared, layers: 1, width: 768, heads: 12, inner: 3072, tokens: 128 },
  // XLNet-base itself, over few tokens: a step of the peers takes minutes on a software adapter.
  base: { ...xlnetBase, tokens: 64, sequences: 2 },
  // The same over four times the tokens: activations begin to weigh beside the state.
  base512: { ...xlnetBase, tokens: 128, sequences: 4 },
  square: { rows: 1024, width: 1024, links: 1 },
  tall: { rows: 6144, width: 768, links: 1 },
};
