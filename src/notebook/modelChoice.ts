/** A model by name. `files` stands for a dropped folder, which has to be dropped again after a reload. */
export type ModelChoice =
  | { readonly kind: 'embedded'; readonly name: string }
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string }
  | { readonly kind: 'files'; readonly name: string }
  /** An encoder tuned in this browser. */
  | { readonly kind: 'tuned'; readonly id: string; readonly name: string };

/** As lists and provenance name it. */
export function modelName(choice: ModelChoice): string {
  return choice.kind === 'hub' ? choice.repository : choice.name;
}
