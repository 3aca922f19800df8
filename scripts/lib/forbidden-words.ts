/** Words that our prose does without, and what to say instead. `docs/glossary.md` has the words of the domain. */
export interface ForbiddenWord {
  /** One form for each word; a form of two words also matches across a line break. */
  readonly forms: readonly string[];
  readonly say: string;
}

export const forbiddenWords: readonly ForbiddenWord[] = [
  { forms: ['whoever', 'whomever', 'whom'], say: 'the role: caller, payer, client, instance, operator' },
  { forms: ['anybody', 'somebody', 'everybody'], say: 'the role: a caller, another client, every instance' },
  { forms: ['nobody'], say: 'the role: no caller, no instance' },
  { forms: ['whatever', 'whichever'], say: 'any, each, or the things by name' },
  { forms: ['wherever'], say: 'everywhere that, or the places by name' },
  { forms: ['wish', 'wishes', 'wished'], say: 'claim, request' },
  { forms: ['told', 'tell', 'tells'], say: 'return, report, answer, state, distinguish' },
  { forms: ['believe', 'believes', 'believed'], say: 'trust, accept, verify' },
  { forms: ['kept'], say: 'stored (here), held (upstream), retained' },
  { forms: ['away'], say: 'unavailable, gone, removed' },
  { forms: ['learnt'], say: 'read, fetched, found' },
  { forms: ['makes no sense'], say: 'cannot be parsed, is malformed' },
  { forms: ['is none'], say: 'is not a …' },
  { forms: ['doubt', 'doubts', 'doubted', 'doubtful'], say: 'indeterminate, unknown' },
];

const everyForm = forbiddenWords.flatMap(({ forms }) => forms);
const pattern = new RegExp(`\\b(?:${everyForm.map((form) => form.replaceAll(' ', '[\\s*/#]+')).join('|')})\\b`, 'gi');

export interface Finding {
  readonly line: number;
  readonly word: string;
  readonly say: string;
}

/** The forbidden words of a text, with their lines, counted from 1. */
export const findForbiddenWords = (prose: string): Finding[] =>
  [...prose.matchAll(pattern)].map(({ 0: match, index }) => {
    const word = match.replaceAll(/[\s*/#]+/g, ' ').toLowerCase();
    const say = forbiddenWords.find(({ forms }) => forms.includes(word))?.say ?? '';
    return { line: prose.slice(0, index).split('\n').length, word, say };
  });
