// Closed classes of English that the rules turn on. Open-class words (which verbs and nouns there are) are the tagger's business.

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

export const whWords = set('what who whom whose when where why which how');
export const modals = set('can could would will shall should may might must');
export const beForms = set("am is are was were be been being 's 're 'm");
export const doForms = set('do does did');
export const haveForms = set('have has had');
export const pronouns = set(
  'i you he she it we they me him her us them myself yourself itself someone somebody anyone everyone one',
);
/** They stand for a thing, and are counted as one. */
export const indefinites = set('something someone somebody anything everything');
export const objectPronouns = set('me us him her them you it');
export const determiners = set(
  'a an the this that these those my your his her its our their any some all each every both either neither no another such many much more most several few enough',
);
/** After these a clause follows that says when, given what or why; the instruction itself comes after its comma. */
export const subordinators = set(
  'given using based in for from if when while with on as after before at by considering assuming because since to within during under through without among between about of once although though instead following according',
);
/** They set a scene. They are the task only where nothing else is. */
export const sceneVerbs = set('imagine suppose pretend assume consider');
export const particles = set('up out down off over away back along forth in');
/** Words before the verb that say nothing of it. */
export const openers = set(
  "please kindly then next first second third firstly secondly finally lastly also now and so just simply try to and/or but or let's well okay ok hi hello hey thanks briefly quickly carefully",
);
/** Verbs whose object clause says what is wanted: "I want to write", "you need to classify". */
export const wishes = set('want need like wish try love plan hope intend decide prefer start begin have');
/** Read as adjectives or determiners, never the thing itself. */
export const notThings = set(
  'following given below above provided next first second third last same different own various certain other such correct appropriate suitable possible least more most many few several much less one two three four five six seven eight nine ten eleven twelve twenty hundred both',
);

/** Whether a sentence that begins so is no plain imperative, and needs no help from the tagger's primer. */
export function opensOtherwise(word: string): boolean {
  return (
    whWords.has(word) ||
    modals.has(word) ||
    beForms.has(word) ||
    (doForms.has(word) && word !== 'do') ||
    (haveForms.has(word) && word !== 'have') ||
    pronouns.has(word) ||
    determiners.has(word) ||
    subordinators.has(word) ||
    openers.has(word) ||
    (word.endsWith('ing') && word.length > 5)
  );
}
