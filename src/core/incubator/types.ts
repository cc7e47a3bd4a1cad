/**
 * What an instruction came to: objects with one text of every class, made together so that classes are told apart (Incubator's form).
 * Row i of `samples` holds, in the order of `labels`, the texts of object i.
 */
export interface GeneratedSet {
  /** As it was given to the generator, e.g. `Build a classifier that can categorize text messages by 'about food' and 'about movie'.` */
  readonly instruction: string;
  readonly labels: readonly string[];
  readonly samples: readonly (readonly string[])[];
}

/** A task of the library, as it stands in a prompt: its description, classes, and dictionaries with one text of every class. */
export interface LibraryExample {
  readonly description: string;
  readonly labels: readonly string[];
  readonly samples: readonly (readonly string[])[];
}
