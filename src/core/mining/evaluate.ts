import { conceptNames, type Query } from './query.ts';

/**
 * How truth is combined, over probabilities p and odds o = p / (1 - p):
 *
 * |                | AND          | OR             | NOT   | a > b                                  |
 * | `product`      | Π p          | 1 - Π (1 - p)  | 1 - p | a(1 - b) / (a(1 - b) + b(1 - a))       |
 * | `minMax`       | min p        | max p          | 1 - p | (1 + a - b) / 2                        |
 * | `logOdds`      | 1 / Σ (1/o)  | Σ o            | 1 / o | o(a) / o(b)                            |
 *
 * `product` is Incubator's (independent concepts). `logOdds` is Hamacher's product and sum (1978), written in odds: it keeps telling
 * texts apart where classifiers are so sure that probabilities are all but 0 or 1. All three are commutative, associative and De Morgan's; a > b is 1/2
 * where a = b (Bradley-Terry for `product` and `logOdds`). Thresholds are 0 or 1 in each.
 */
export type Semantics = 'product' | 'minMax' | 'logOdds';
export const semanticsList: readonly Semantics[] = ['product', 'minMax', 'logOdds'];

/** Rows worked on together: the blocks of a formula stay in the cache. */
const blockRows = 2048;

/** A concept's scores, ready for every semantics: a changed formula takes no exponential. */
export interface ConceptScores {
  readonly odds: Float64Array;
  readonly probabilities: Float64Array;
}

/** Opens log-odds (±Infinity is allowed). */
export function conceptScores(logOdds: ArrayLike<number>): ConceptScores {
  const odds = new Float64Array(logOdds.length);
  const probabilities = new Float64Array(logOdds.length);
  for (let row = 0; row < odds.length; row++) {
    odds[row] = Math.exp(logOdds[row] as number);
    probabilities[row] = 1 / (1 + Math.exp(-(logOdds[row] as number)));
  }
  return { odds, probabilities };
}

/** Score, 0 to 1, of each of n texts. Linear in n and in the formula; nothing is allocated but the result and a few blocks. */
export function evaluateQuery(
  query: Query,
  semantics: Semantics,
  count: number,
  scoresOf: (name: string) => ConceptScores,
): Float64Array {
  const algebra = algebras[semantics];
  const run = compile(query, algebra, (name) => scoresOf(name)[algebra.column]);
  const scores = new Float64Array(count);
  for (let from = 0; from < count; from += blockRows) {
    const rows = Math.min(blockRows, count - from);
    const values = run(from, rows, 0);
    algebra.toProbability(scores.subarray(from, from + rows), values, rows);
  }
  return scores;
}

/** Truth of texts whose concepts are known for certain: 1 where the formula holds. A comparison of equals holds for neither side. */
export function evaluateGold(
  query: Query,
  count: number,
  goldOf: (name: string) => ArrayLike<number>,
): Uint8Array {
  const certain = new Map<string, Float64Array>();
  for (const name of conceptNames(query)) {
    const gold = goldOf(name);
    const values = new Float64Array(count);
    for (let row = 0; row < count; row++) values[row] = gold[row] ? 1 : 0;
    certain.set(name, values);
  }
  const scores = evaluateQuery(query, 'minMax', count, (name) => {
    const probabilities = certain.get(name) ?? new Float64Array(count);
    return { probabilities, odds: probabilities };
  });
  const truth = new Uint8Array(count);
  for (let row = 0; row < count; row++) truth[row] = (scores[row] as number) > 0.5 ? 1 : 0;
  return truth;
}

type Block = Float64Array;
type Unary = (out: Block, value: Block, rows: number) => void;
type Binary = (out: Block, a: Block, b: Block, rows: number) => void;

/** How one semantics works on blocks. Each operation is a loop of its own, so that the compiler sees it whole. */
interface Algebra {
  readonly column: keyof ConceptScores;
  readonly and: Fold;
  readonly or: Fold;
  readonly not: Unary;
  readonly more: Binary;
  readonly toProbability: Unary;
  readonly truth: readonly [no: number, yes: number];
}

interface Fold {
  readonly start: number;
  /** sum <- sum and value. */
  readonly add: Unary;
  readonly end: Unary | null;
}

const complement: Unary = (out, value, rows) => {
  for (let i = 0; i < rows; i++) out[i] = 1 - (value[i] as number);
};
const copy: Unary = (out, value, rows) => {
  for (let i = 0; i < rows; i++) out[i] = value[i] as number;
};
const inverse: Unary = (out, value, rows) => {
  for (let i = 0; i < rows; i++) out[i] = 1 / (value[i] as number);
};

const algebras: Readonly<Record<Semantics, Algebra>> = {
  product: {
    column: 'probabilities',
    and: {
      start: 1,
      add: (out, value, rows) => {
        for (let i = 0; i < rows; i++) out[i] = (out[i] as number) * (value[i] as number);
      },
      end: null,
    },
    or: {
      start: 1,
      add: (out, value, rows) => {
        for (let i = 0; i < rows; i++) out[i] = (out[i] as number) * (1 - (value[i] as number));
      },
      end: complement,
    },
    not: complement,
    more: (out, a, b, rows) => {
      for (let i = 0; i < rows; i++) {
        const [p, q] = [a[i] as number, b[i] as number];
        const wins = p * (1 - q);
        const loses = q * (1 - p);
        out[i] = wins + loses === 0 ? 0.5 : wins / (wins + loses);
      }
    },
    toProbability: copy,
    truth: [0, 1],
  },
  minMax: {
    column: 'probabilities',
    and: {
      start: 1,
      add: (out, value, rows) => {
        for (let i = 0; i < rows; i++)
          if ((value[i] as number) < (out[i] as number)) out[i] = value[i] as number;
      },
      end: null,
    },
    or: {
      start: 0,
      add: (out, value, rows) => {
        for (let i = 0; i < rows; i++)
          if ((value[i] as number) > (out[i] as number)) out[i] = value[i] as number;
      },
      end: null,
    },
    not: complement,
    more: (out, a, b, rows) => {
      for (let i = 0; i < rows; i++) out[i] = (1 + (a[i] as number) - (b[i] as number)) / 2;
    },
    toProbability: copy,
    truth: [0, 1],
  },
  logOdds: {
    column: 'odds',
    and: {
      start: 0,
      add: (out, value, rows) => {
        for (let i = 0; i < rows; i++) out[i] = (out[i] as number) + 1 / (value[i] as number);
      },
      end: inverse,
    },
    or: {
      start: 0,
      add: (out, value, rows) => {
        for (let i = 0; i < rows; i++) out[i] = (out[i] as number) + (value[i] as number);
      },
      end: null,
    },
    not: inverse,
    more: (out, a, b, rows) => {
      for (let i = 0; i < rows; i++) {
        const [p, q] = [a[i] as number, b[i] as number];
        out[i] = p === q ? 1 : p / q;
      }
    },
    toProbability: (out, value, rows) => {
      for (let i = 0; i < rows; i++) {
        const odds = value[i] as number;
        out[i] = odds === Infinity ? 1 : odds / (1 + odds);
      }
    },
    truth: [0, Infinity],
  },
};

/** Values of rows `[from, from + rows)`: a view of a column, or a block that lives until the next call at this depth or above. */
type Run = (from: number, rows: number, depth: number) => Block;

function compile(query: Query, algebra: Algebra, columnOf: (name: string) => Float64Array): Run {
  const blocks: Block[] = [];
  const blockAt = (depth: number) => (blocks[depth] ??= new Float64Array(blockRows));
  const build = (node: Query): Run => {
    switch (node.kind) {
      case 'concept': {
        const column = columnOf(node.name);
        return (from, rows) => column.subarray(from, from + rows);
      }
      case 'not': {
        const inner = build(node.operand);
        return (from, rows, depth) => {
          const out = blockAt(depth);
          algebra.not(out, inner(from, rows, depth), rows);
          return out;
        };
      }
      case 'and':
      case 'or': {
        const { start, add, end } = algebra[node.kind];
        const operands = node.operands.map(build);
        return (from, rows, depth) => {
          const out = blockAt(depth).fill(start);
          for (const operand of operands) add(out, operand(from, rows, depth + 1), rows);
          end?.(out, out, rows);
          return out;
        };
      }
      case 'threshold': {
        const inner = build(node.operand);
        const [no, yes] = algebra.truth;
        const { operator, value } = node;
        const isAbove = operator === '>' || operator === '>=';
        const takesEqual = operator === '>=' || operator === '<=';
        return (from, rows, depth) => {
          const out = blockAt(depth);
          algebra.toProbability(out, inner(from, rows, depth), rows);
          for (let i = 0; i < rows; i++) {
            const p = out[i] as number;
            out[i] = p === value ? (takesEqual ? yes : no) : p > value === isAbove ? yes : no;
          }
          return out;
        };
      }
      case 'comparison': {
        const [left, right] = [build(node.left), build(node.right)];
        return (from, rows, depth) => {
          const out = blockAt(depth);
          const a = left(from, rows, depth);
          algebra.more(out, a, right(from, rows, depth + 1), rows);
          return out;
        };
      }
    }
  };
  return build(query);
}
