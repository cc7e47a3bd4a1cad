import type { LibraryExample } from '../types.ts';
import { messages } from './messages.ts';
import { opinions } from './opinions.ts';
import { questions } from './questions.ts';
import { subjects } from './subjects.ts';

/** Forty tasks of varied domains, each with two dictionaries, written for Verbena: what in-context examples are chosen from. */
export const taskLibrary: readonly LibraryExample[] = [...messages, ...opinions, ...questions, ...subjects];
