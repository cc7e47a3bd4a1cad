import { linearDefaults, openLinear, trainLinear } from '../../src/core/incubator/classifier/linear.ts';
import { classLogOdds } from '../../src/core/incubator/classifier/probabilities.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import {
  conceptScores,
  evaluateGold,
  evaluateQuery,
  semanticsList,
  type Semantics,
} from '../../src/core/mining/evaluate.ts';
import { parseQuery } from '../../src/core/mining/parse.ts';
import { averagePrecision, precisionAt, topRows } from '../../src/core/mining/rank.ts';
import { random } from '../../src/base/random.ts';
import { newsLabels } from './classify.ts';
import { readAgNews, readClinc, readCotam, without } from './data.ts';
import { show, spread, table } from './judge.ts';

interface Corpus {
  readonly count: number;
  readonly logOdds: Readonly<Record<string, Float32Array>>;
  readonly gold: Readonly<Record<string, Uint8Array>>;
}

/** Concepts over CLINC150 that overlap, as sets of its intents: ours, since the corpus itself has one label a row. */
function clincConcepts(domains: Readonly<Record<string, readonly string[]>>) {
  const domain = (name: string) => new Set(domains[name] ?? []);
  return {
    'about banking': domain('banking'),
    'about credit cards': domain('credit_cards'),
    'about money': new Set([
      ...domain('banking'),
      ...domain('credit_cards'),
      'taxes',
      'income',
      'payday',
      'w2',
      'direct_deposit',
      'rollover_401k',
      'exchange_rate',
    ]),
    'about food': domain('kitchen_and_dining'),
    'about travel': domain('travel'),
    'about driving': domain('auto_and_commute'),
    'about work': domain('work'),
    'about other countries': new Set([
      'plug_type',
      'international_visa',
      'exchange_rate',
      'international_fees',
      'travel_alert',
      'vaccines',
      'translate',
      'timezone',
      'travel_notification',
    ]),
    'a booking': new Set([
      'restaurant_reservation',
      'confirm_reservation',
      'cancel_reservation',
      'accept_reservations',
      'book_flight',
      'book_hotel',
      'car_rental',
      'schedule_meeting',
      'schedule_maintenance',
      'uber',
    ]),
    'a lost or damaged thing': new Set([
      'report_lost_card',
      'damaged_card',
      'lost_luggage',
      'find_phone',
      'report_fraud',
      'replacement_card_duration',
    ]),
    'asks how much': new Set([
      'balance',
      'credit_limit',
      'rewards_balance',
      'pto_balance',
      'bill_balance',
      'min_payment',
      'calories',
      'gas',
      'tire_pressure',
      'mpg',
      'credit_score',
      'spending_history',
      'interest_rate',
      'apr',
      'income',
    ]),
    'asks for a list change': new Set([
      'shopping_list_update',
      'todo_list_update',
      'reminder_update',
      'calendar_update',
      'update_playlist',
    ]),
    'about the assistant': new Set([
      ...domain('meta'),
      'who_made_you',
      'who_do_you_work_for',
      'do_you_have_pets',
      'what_are_your_hobbies',
      'what_is_your_name',
      'where_are_you_from',
      'are_you_a_bot',
      'how_old_are_you',
      'what_can_i_ask_you',
    ]),
    'about time': new Set([
      'alarm',
      'date',
      'timer',
      'time',
      'timezone',
      'calendar',
      'next_holiday',
      'meeting_schedule',
      'payday',
      'cook_time',
    ]),
  } satisfies Record<string, ReadonlySet<string>>;
}

const clincQueries = [
  '"about money" AND "asks how much"',
  '"about money" AND NOT "about banking"',
  '"about travel" AND "about other countries"',
  '"about travel" AND "a booking"',
  '"a booking" AND NOT "about travel"',
  '"about food" AND "a booking"',
  '"a lost or damaged thing" AND "about credit cards"',
  '"a lost or damaged thing" AND NOT ("about credit cards" OR "about banking")',
  '"about work" AND ("about time" OR "a booking")',
  '"asks how much" AND NOT ("about money" OR "about work")',
  '"about other countries" AND "about money"',
  '"about driving" AND "a booking" OR "about travel" AND "a booking"',
  '("about work" OR "about travel") AND "about money"',
  '"about time" AND NOT "about work" AND NOT "about food"',
  '"about food" > 0.5 AND "asks how much" > "a booking"',
] as const;

const newsQueries = [
  '"sports" OR "business"',
  '("world" OR "business") AND NOT "sports" AND NOT "science"',
  '"science" > "business" AND NOT ("world" OR "sports")',
  'NOT "sports" AND NOT "world"',
] as const;

/** One classifier a concept against the rest, trained on the 3,000 validation rows (20 an intent); mined: the 15,000 training rows. */
async function clincCorpus(): Promise<Corpus> {
  const clinc = readClinc();
  const [train, mined] = [clinc.part('val'), clinc.part('train')];
  const corpus = { logOdds: {} as Record<string, Float32Array>, gold: {} as Record<string, Uint8Array> };
  for (const [name, intents] of Object.entries(clincConcepts(clinc.domains))) {
    const set: ReadonlySet<string> = intents;
    const classOf = Uint32Array.from(train.intents, (intent) => (set.has(intent) ? 0 : 1));
    const model = await trainLinear({ labels: [name, 'rest'], texts: train.texts, classOf }, linearDefaults);
    const both = classLogOdds(openLinear(model).margins(mined.texts), 2, 'softmax');
    corpus.logOdds[name] = Float32Array.from(mined.texts, (_, row) => both[2 * row] ?? 0);
    corpus.gold[name] = Uint8Array.from(mined.intents, (intent) => (set.has(intent) ? 1 : 0));
  }
  return { count: mined.texts.length, ...corpus };
}

/** Concepts grown from CoTAM's 200 objects a class, each against the rest; mined: AG News' 7,600 test rows. */
async function newsCorpus(): Promise<Corpus> {
  const set = labelledTexts(readCotam('ag_news.cotam.train.jsonl', newsLabels));
  const test = without(readAgNews(), set.texts);
  const model = await trainLinear(set, { ...linearDefaults, training: 'independent' });
  const all = classLogOdds(openLinear(model).margins(test.texts), 4, 'sigmoid');
  const names = ['world', 'sports', 'business', 'science'];
  const column = <T>(make: (label: number) => T) =>
    Object.fromEntries(names.map((name, label) => [name, make(label)]));
  return {
    count: test.texts.length,
    logOdds: column((label) => Float32Array.from(test.texts, (_, row) => all[4 * row + label] ?? 0)),
    gold: column((label) => Uint8Array.from(test.classOf, (own) => (own === label ? 1 : 0))),
  };
}

function ask(corpus: Corpus, source: string) {
  const query = parseQuery(source);
  const truth = evaluateGold(query, corpus.count, (name) => corpus.gold[name] ?? []);
  const relevant = truth.reduce((sum, value) => sum + value, 0);
  const of = (semantics: Semantics) => {
    const scores = evaluateQuery(query, semantics, corpus.count, (name) =>
      conceptScores(corpus.logOdds[name] ?? []),
    );
    const precision = precisionAt(topRows(scores, 100), 100, (row) => truth[row] === 1).precision ?? 0;
    return { precisionAt100: precision, averagePrecision: averagePrecision(scores, truth) ?? 0 };
  };
  const found = Object.fromEntries(semanticsList.map((each) => [each, of(each)]));
  return { source, relevant, scores: found as Record<Semantics, ReturnType<typeof of>> };
}

export async function precisionOfQueries() {
  const [clinc, news] = [await clincCorpus(), await newsCorpus()];
  const parts = [
    { name: 'CLINC150', rows: clinc.count, found: clincQueries.map((source) => ask(clinc, source)) },
    { name: 'AG News', rows: news.count, found: newsQueries.map((source) => ask(news, source)) },
  ];
  const head = [
    'query',
    'relevant',
    ...semanticsList.map((each) => `P@100 ${each}`),
    ...semanticsList.map((each) => `AP ${each}`),
  ];
  const text = parts
    .map(({ name, rows, found }) => {
      const lines = found.map(({ source, relevant, scores }) => [
        `\`${source}\``,
        relevant,
        ...semanticsList.map((each) => scores[each].precisionAt100.toFixed(2)),
        ...semanticsList.map((each) => scores[each].averagePrecision.toFixed(3)),
      ]);
      const mean = (value: (one: (typeof found)[number], each: Semantics) => number, digits: number) =>
        semanticsList.map((each) => spread(found.map((one) => value(one, each))).mean.toFixed(digits));
      const means = [
        '**mean**',
        '',
        ...mean((one, each) => one.scores[each].precisionAt100, 2),
        ...mean((one, each) => one.scores[each].averagePrecision, 3),
      ];
      return `${name}, ${rows.toLocaleString('en')} rows.\n\n${table(head, [...lines, means])}`;
    })
    .join('\n\n');
  return { text, data: parts };
}

/** OR of growing length without the intents of another: queries by lot, 20 of each length, with at least 100 relevant rows. */
export async function growingQueries() {
  const corpus = await clincCorpus();
  const names = Object.keys(corpus.gold);
  const lines: (string | number)[][] = [];
  const data: unknown[] = [];
  for (const length of [1, 2, 3, 4, 6]) {
    const r = random(length, 41);
    const found: ReturnType<typeof ask>[] = [];
    for (let tries = 0; found.length < 20 && tries < 2000; tries++) {
      const chosen = r.shuffle(names.slice()).slice(0, length);
      let source = '';
      chosen.forEach((name, at) => {
        const literal = `${r.next() < 0.4 && at > 0 ? 'NOT ' : ''}"${name}"`;
        source = at === 0 ? literal : `(${source}) ${r.next() < 0.5 ? 'AND' : 'OR'} ${literal}`;
      });
      const one = ask(corpus, source);
      // Nearly everything is no query; nearly nothing cannot fill a hundred.
      if (one.relevant >= 100 && one.relevant <= corpus.count / 2) found.push(one);
    }
    const by = (semantics: Semantics) => spread(found.map(({ scores }) => scores[semantics].precisionAt100));
    const averages = semanticsList.map((each) =>
      spread(found.map(({ scores }) => scores[each].averagePrecision)),
    );
    lines.push([
      length,
      found.length,
      ...semanticsList.map((each) => show(by(each), 2)),
      ...averages.map((each) => show(each, 2)),
    ]);
    data.push({ length, found });
  }
  const head = [
    'concepts',
    'queries',
    ...semanticsList.map((each) => `P@100 ${each}`),
    ...semanticsList.map((each) => `AP ${each}`),
  ];
  return { text: table(head, lines), data };
}
