import { VerbenaError } from '../../base/errors.ts';

export type QueryErrorCode =
  | 'query-empty'
  | 'query-unclosed-quote'
  | 'query-unexpected'
  | 'query-missing-operand'
  | 'query-missing-operator'
  | 'query-unbalanced'
  | 'query-threshold'
  | 'query-comparison'
  | 'query-too-deep'
  | 'query-too-long'
  | 'query-unknown-concept'
  | 'query-ambiguous-concept';

/** What is wrong with a formula, and where: `[from, to)` in UTF-16 units of its source. */
export class QueryError extends VerbenaError<QueryErrorCode> {
  readonly from: number;
  readonly to: number;

  constructor(code: QueryErrorCode, message: string, remedy: string, from: number, to: number) {
    super(code, message, remedy, { from, to });
    this.from = from;
    this.to = to;
  }
}
