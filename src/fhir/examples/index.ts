import { readFileSync } from 'node:fs';

/** The words of an example in the languages of the pages. */
export interface ExampleWords {
  en: string;
  nl: string;
}

/** A bundle to start from: invented people, valid by every rule. */
export interface Example {
  id: string;
  title: ExampleWords;
  description: ExampleWords;
  bundle: unknown;
}

const descriptions: readonly Omit<Example, 'bundle'>[] = [
  {
    id: 'blood-pressure',
    title: { en: 'Blood pressure', nl: 'Bloeddruk' },
    description: {
      en: 'A person and one reading taken at home: 127 over 81. A batch.',
      nl: 'Een persoon en één meting thuis: 127 over 81. Een batch.',
    },
  },
  {
    id: 'weight',
    title: { en: 'Weight', nl: 'Gewicht' },
    description: {
      en: 'A person and one reading of the scales: 78.4 kg. A batch.',
      nl: 'Een persoon en één keer wegen: 78,4 kg. Een batch.',
    },
  },
  {
    id: 'questionnaire',
    title: { en: 'Questionnaire', nl: 'Vragenlijst' },
    description: {
      en: 'Answers given before a first visit about a knee, and the task they complete. A transaction.',
      nl: 'Antwoorden vóór een eerste bezoek over een knie, en de taak die ermee klaar is. Een transactie.',
    },
  },
  {
    id: 'document',
    title: { en: 'Document', nl: 'Document' },
    description: {
      en: 'A sleep diary as a one-page PDF/A, with the resources that describe it. A transaction.',
      nl: 'Een slaapdagboek als PDF/A van één bladzijde, met de resources die het beschrijven. Een transactie.',
    },
  },
];

/** The examples, in the order a page shows them; each call hands out bundles of its own, free to be changed. */
export function listExamples(): Example[] {
  return descriptions.map((words) => ({ ...words, bundle: readBundle(words.id) }));
}

function readBundle(id: string): unknown {
  return JSON.parse(readFileSync(new URL(`./${id}.json`, import.meta.url), 'utf8'));
}
