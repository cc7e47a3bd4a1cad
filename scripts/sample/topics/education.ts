import { lines, list, type Area } from '../grammar.ts';

export const education: Area = {
  label: 'Education and Communications',
  steps: lines(`
    {Read|Reread} {the text|the question|a chapter|it} {aloud|twice|closely}
    {Take|Review} notes {in your own words|by hand|}
    {Ask|Email} your {teacher|professor|classmates} {a question|for feedback}
    {Write|Revise} {a draft|an outline|an example} {first|}
    {Make|Use} {flash cards|a diagram|a table}
    {Check|Correct} your {spelling|work|answers}
    {Look up|Write down} {new words|the meaning|the rule}
    {Choose|Narrow} {a|the} topic
    {Practice|Rehearse} {in front of a mirror|with a partner|}
    {Explain|Teach} it to {someone else|a friend}
  `),
  details: lines(`
    {Examples|Pictures} {help you remember|make it clear}
    {Libraries|The Internet} {have|has} {more material|old exams}
    {A quiet|The same} {room|time} {helps you focus|becomes a habit}
    {Short|Simple} {sentences|words} are {clearer|better}
  `),
  topics: [
    {
      label: 'Essay Writing',
      parents: ['Writing'],
      rows: 240,
      also: ['Studying', 'Public Speaking'],
      titles: lines(`
        {Write|Start|Edit|Outline} {a|an} $it
      `),
      subjects: list(
        'essay, book report, research paper, conclusion, persuasive essay, introduction, literary analysis, lab report, thesis',
      ),
      methods: list('Planning, Drafting, Citing Sources, Revising'),
      steps: lines(`
        {State|Write|Refine} {your|a} thesis {in one sentence|statement}
        {Begin|End} with a {quote|question|hook}
        {Support|Back up} {each point|your claim} with {evidence|quotations}
        {Cite|List} your sources {in MLA style|in the bibliography}
        {Start|Link} each paragraph with a {topic sentence|transition}
        {Cut|Replace} {filler words|the passive voice|weak verbs}
        {Summarize|Restate} the {argument|main point} in the conclusion
        {Proofread|Edit} {for commas|the final draft|backward}
        {Brainstorm|Outline} {your ideas|three main points}
        {Quote|Paraphrase} the {author|text}
        {Format|Number} the {title page|pages}
      `),
      details: lines(`
        {Plagiarism|A vague claim} {costs marks|is easy to spot}
        {Readers|Graders} look for {structure|one idea a paragraph}
        Five hundred words is about {a page|two pages}
      `),
    },
    {
      label: 'Studying',
      parents: [],
      rows: 185,
      also: ['Stress Management', 'Mathematics', 'Languages'],
      titles: lines(`
        {Study for|Pass|Prepare for} {a|an} $it
      `),
      subjects: list(
        'exam, history test, biology final, driving test, spelling bee, chemistry quiz, vocabulary test, bar exam',
      ),
      methods: list('Making a Schedule, Memorizing, Taking the Test'),
      steps: lines(`
        {Make|Follow} a study {schedule|plan}
        {Quiz|Test} yourself {with flash cards|on old exams}
        {Study|Review} in {25-minute blocks|a group|the library}
        {Highlight|Summarize} the {chapter|key terms}
        {Answer|Skip} the {easy|hard} questions first
        {Memorize|Chunk} {dates|formulas} with {a mnemonic|a song}
        {Turn|Put} away your phone
        {Eat|Sleep} well the night before the {exam|test}
        {Copy|Reorganize} your {notes|binder}
        {Eliminate|Guess} wrong answers
      `),
      details: lines(`
        {Cramming|Rereading} {fades fast|feels easier than it is}
        {Spaced|Mixed} practice {sticks|works}
        A short break every half hour keeps you fresh
      `),
    },
    {
      label: 'Public Speaking',
      parents: ['Communication Skills'],
      rows: 105,
      also: ['Job Interviews', 'Weddings', 'Stress Management'],
      titles: lines(`
        {Give|Write|Practice|Open} a $it
      `),
      subjects: list(
        'speech, wedding toast, presentation, eulogy, class talk, debate opening, graduation speech',
      ),
      methods: list('Writing, Rehearsing, Delivering'),
      steps: lines(`
        {Make|Hold} eye contact with the audience
        {Speak|Project} {slowly|to the back row}
        {Open|Close} with a {joke|story|question}
        {Use|Limit} {slides|cue cards|gestures}
        {Time|Record} your speech
        {Pause|Smile} {instead of saying "um"|}
        {Know|Picture} your audience
        {Stand|Walk} {tall|away from the lectern}
        {Raise|Thank} {your glass|the audience}
      `),
      details: lines(`
        {Nerves|A dry mouth} {fade|goes} after the first minute
        {Audiences|Listeners} remember {three points|stories}
      `),
    },
    {
      label: 'Languages',
      parents: ['Communication Skills'],
      rows: 120,
      also: ['Studying', 'Air Travel'],
      titles: lines(`
        {Say Hello in|Learn|Speak|Practice} $it
      `),
      subjects: list('Spanish, French, Japanese, German, Italian, sign language, Korean, Latin, Arabic'),
      methods: list('Learning Vocabulary, Speaking, Understanding Grammar'),
      steps: lines(`
        {Learn|Practice} {ten words|greetings|the alphabet} {a day|}
        {Conjugate|Memorize} {the verbs|"to be"}
        {Pronounce|Roll} {the vowels|the "r"}
        {Watch|Listen to} {films|songs|podcasts} with subtitles
        {Find|Meet} a {native speaker|tutor|pen pal}
        {Label|Name} things around the house
        {Use|Master} the {past tense|polite form|accents}
        {Think|Keep a diary} in {the language|$it}
        {Say|Reply} {"thank you"|"good morning"} {with a smile|}
      `),
      details: lines(`
        {Gender|Word order} {is hard|differs} at first
        {Mistakes|Locals} are your best teachers
      `),
    },
    {
      label: 'Mathematics',
      parents: [],
      rows: 145,
      also: ['Spreadsheets', 'Studying'],
      titles: lines(`
        {Solve|Calculate|Find|Simplify} the $it
      `),
      subjects: list(
        'quadratic equation, fraction, percentage, area of a circle, square root, standard deviation, slope, volume, derivative, ratio',
      ),
      methods: list('Using a Formula, Working by Hand, Checking'),
      steps: lines(`
        {Multiply|Divide|Add|Subtract} {both sides|the numerators|the terms} {by 2|by x|}
        {Find|Write} the {common denominator|equation|formula}
        {Factor|Simplify|Expand} the {expression|fraction|equation}
        {Isolate|Solve for} {x|the variable}
        {Plug|Substitute} the {value|numbers} in {and check|}
        {Carry|Move} the {one|decimal point}
        {Square|Halve} the {radius|base|result}
        {Cross|Cancel} out {like terms|common factors}
        {Draw|Label} the {triangle|graph|axes}
        {Round|Convert} {the answer|it} to {two decimals|a percentage}
      `),
      details: lines(`
        {For example|Say}, {3x + 6 = 12 gives x = 2|half of 3/4 is 3/8|25 out of 200 is 12.5 percent}
        {Remember|Follow} the order of operations
        A negative times a negative is positive
      `),
    },
    {
      label: 'Creative Writing',
      parents: ['Writing'],
      rows: 88,
      also: ['Essay Writing', 'Singing'],
      titles: lines(`
        {Write|Finish|Plot} a $it
      `),
      subjects: list('short story, poem, novel, haiku, fantasy story, song, play, love letter'),
      methods: list('Finding Ideas, Building Characters, Revising'),
      steps: lines(`
        {Give|Create} {your hero|a villain|the narrator} a {flaw|goal|voice}
        {Describe|Set} the {scene|setting} {with all five senses|}
        {Write|Cut} the {dialogue|first line|ending}
        {Rhyme|Count} the {lines|syllables}
        {Plot|Raise} the {conflict|stakes|twist}
        {Read|Share} {it|the story} aloud
        {Free-write|Write} for $minutes
        {Show|Hint} rather than tell
      `),
      details: lines(`
        {First drafts|Adverbs} {are allowed to be bad|weaken a verb}
        {Characters|Stories} need to want something
      `),
    },
  ],
};
