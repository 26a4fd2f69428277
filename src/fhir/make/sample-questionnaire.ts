/** A Questionnaire of STU3 to try the form with: the definition of the example `questionnaire`. */
export const sampleQuestionnaire = {
  resourceType: 'Questionnaire',
  id: 'knee-intake',
  url: 'https://hospital.example/fhir/Questionnaire/knee-intake',
  status: 'active',
  title: 'Vragenlijst vooraf: je knie',
  subjectType: ['Patient'],
  item: [
    {
      linkId: '1',
      text: 'Klachten',
      type: 'group',
      item: [
        { linkId: '1.1', text: 'Heb je vandaag last van je knie?', type: 'boolean', required: true },
        {
          linkId: '1.2',
          text: 'Hoeveel pijn heb je bij traplopen, van 0 tot 10?',
          type: 'integer',
        },
        { linkId: '1.3', text: 'Sinds wanneer heb je klachten?', type: 'date' },
        { linkId: '1.4', text: 'Wanneer is de pijn het ergst?', type: 'text' },
        {
          linkId: '1.5',
          text: 'Welke knie is het?',
          type: 'choice',
          option: [
            { valueCoding: { system: 'http://snomed.info/sct', code: '7771000', display: 'Links' } },
            { valueCoding: { system: 'http://snomed.info/sct', code: '24028007', display: 'Rechts' } },
            { valueCoding: { system: 'http://snomed.info/sct', code: '51440002', display: 'Allebei' } },
          ],
        },
      ],
    },
    {
      linkId: '2',
      text: 'Dagelijks leven',
      type: 'group',
      item: [
        {
          linkId: '2.1',
          text: 'Hoe ver kun je lopen zonder te stoppen?',
          type: 'quantity',
          extension: [
            {
              url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unit',
              valueCoding: { system: 'http://unitsofmeasure.org', code: 'm', display: 'meter' },
            },
          ],
        },
        { linkId: '2.2', text: 'Gebruik je een hulpmiddel?', type: 'boolean' },
      ],
    },
  ],
} as const;
