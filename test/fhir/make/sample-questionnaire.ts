/** A Questionnaire with every kind of question. */
export const sampleQuestionnaire = {
  resourceType: 'Questionnaire',
  id: 'sample',
  url: 'https://hospital.example/fhir/Questionnaire/sample',
  status: 'active',
  title: 'Vragenlijst vooraf',
  contained: [
    {
      resourceType: 'ValueSet',
      id: 'v',
      compose: {
        include: [
          {
            system: 'http://snomed.info/sct',
            concept: [
              { code: '373066001', display: 'Ja' },
              { code: '373067005', display: 'Nee' },
            ],
          },
        ],
      },
    },
  ],
  item: [
    {
      linkId: '1',
      text: 'Klachten',
      type: 'group',
      item: [
        {
          linkId: '1.1',
          text: 'Heb je pijn?',
          type: 'boolean',
          required: true,
          item: [{ linkId: '1.1.1', text: 'Waar?', type: 'string' }],
        },
        { linkId: '1.2', text: 'Cijfer', type: 'integer' },
        { linkId: '1.3', text: 'Deel', type: 'decimal' },
        { linkId: '1.4', text: 'Sinds', type: 'date' },
        { linkId: '1.5', text: 'Laatst', type: 'dateTime' },
        { linkId: '1.6', text: 'Hoe laat', type: 'time' },
        { linkId: '1.7', text: 'Vertel', type: 'text' },
        { linkId: '1.8', text: 'Waar te lezen', type: 'url' },
        { linkId: '1.9', text: 'Rookt u?', type: 'choice', options: { reference: '#v' } },
        {
          linkId: '1.10',
          text: 'Wat helpt?',
          type: 'choice',
          repeats: true,
          option: [
            { valueCoding: { code: 'rust', display: 'Rust' } },
            { valueString: 'Wandelen' },
            { valueInteger: 3 },
          ],
        },
        { linkId: '1.11', text: 'Wat nog meer?', type: 'open-choice' },
        {
          linkId: '1.12',
          text: 'Hoe ver?',
          type: 'quantity',
          extension: [
            {
              url: 'http://hl7.org/fhir/StructureDefinition/questionnaire-unit',
              valueCoding: { system: 'http://unitsofmeasure.org', code: 'm', display: 'meter' },
            },
          ],
        },
        { linkId: '1.13', text: 'Foto', type: 'attachment' },
        { linkId: '1.14', text: 'Dank je', type: 'display' },
      ],
    },
  ],
};
