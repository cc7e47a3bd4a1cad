import type { Random } from '../../../base/random.ts';
import { evaluateGold } from '../../mining/evaluate.ts';
import type { Query } from '../../mining/query.ts';

/** A formula over classes, and which rows it holds for. */
export interface Formula {
  readonly query: Query;
  readonly truth: Uint8Array;
}

const nowhere = { from: 0, to: 0 };
const attempts = 60;

/**
 * Up to `count` different formulas of `operands` concepts each, joined by AND, OR and NOT at random, that hold for 2 to 80 % of the rows.
 * Concepts are class indices by name (`"3"`); one comes up twice only where the classes are fewer than the operands.
 */
export function drawFormulas(
  classOf: Uint32Array,
  classes: number,
  operands: number,
  count: number,
  rng: Random,
): readonly Formula[] {
  const gold = Array.from({ length: classes }, (_, own) =>
    Uint8Array.from(classOf, (label) => (label === own ? 1 : 0)),
  );
  const found = new Map<string, Formula>();
  for (let attempt = 0; attempt < attempts * count && found.size < count; attempt++) {
    const query = drawQuery(classes, operands, rng);
    const key = JSON.stringify(query);
    if (found.has(key)) continue;
    const truth = evaluateGold(query, classOf.length, (name) => gold[Number(name)] ?? []);
    const share = truth.reduce((sum, value) => sum + value, 0) / Math.max(1, truth.length);
    if (share >= 0.02 && share <= 0.8) found.set(key, { query, truth });
  }
  return [...found.values()];
}

function drawQuery(classes: number, operands: number, rng: Random): Query {
  const names: number[] = [];
  while (names.length < operands) {
    const round = rng.shuffle(Array.from({ length: classes }, (_, own) => own));
    names.push(...round.slice(0, operands - names.length));
  }
  const parts = names.map((own) => (rng.next() < 0.35 ? negated(concept(own)) : concept(own)));
  while (parts.length > 1) {
    const at = rng.integer(parts.length - 1);
    const [a, b] = parts.slice(at, at + 2);
    if (a && b) parts.splice(at, 2, joined(rng.next() < 0.5 ? 'and' : 'or', a, b));
  }
  return parts[0] ?? concept(0);
}

const concept = (own: number): Query => ({ kind: 'concept', name: String(own), ...nowhere });
const negated = (operand: Query): Query => ({ kind: 'not', operand, ...nowhere });

/** Operands of the same kind are one list, as the parser has it. */
function joined(kind: 'and' | 'or', a: Query, b: Query): Query {
  const operands = [a, b].flatMap((part) => (part.kind === kind ? part.operands : [part]));
  return { kind, operands, ...nowhere };
}
