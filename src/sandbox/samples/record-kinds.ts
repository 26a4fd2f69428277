import type { CategoryReference } from '../discovery/reference-lists.js';
import type { Picker } from './picker.js';

export type SampleRecord = Record<string, unknown>;

/** One kind of record that the sources of a category have: how many usually, and how one is made. */
export interface RecordKind {
  objectType: string;
  objectTypeId: number;
  usual: number;
  make(pick: Picker, createdAt: number): SampleRecord;
}

const artists = [
  'The Night Ferries',
  'Oda & the Weathervanes',
  'Marram',
  'Kleine Vos',
  'Paper Lighthouse',
  'Salt Roads',
  'Hollow Bridges',
  'June Across',
] as const;
const songs = [
  'Low Water',
  'Eleven Windows',
  'Tell the Harbour',
  'Slow Trains',
  'Maple Street',
  'After the Rain Stopped',
  'Copper Moon',
  'Half the Way Home',
  'Polder',
  'Winter Coats',
  'A Letter to Nobody',
  'Sunday, Late',
] as const;
const towns = ['Utrecht', 'Leiden', 'Ghent', 'Bristol', 'Bremen', 'Reykjavík'] as const;
const shops = [
  'Bakkerij Smit',
  'Station Kiosk',
  'Green Grocer',
  'City Trams',
  'Boekhandel Noord',
  'Café Sluis',
] as const;
const goods = [
  'Rain jacket',
  'Desk lamp',
  'Bicycle light',
  'Tea, 500 g',
  'Running socks',
  'Garden shears',
] as const;
const thoughts = [
  'First frost on the canal this morning.',
  'Finished the long route, legs like pudding.',
  'Does anybody have a ladder I could borrow?',
  'New bread recipe: it worked.',
  'Train late again, but what a sunset.',
  'Ten years in this street today.',
] as const;

function track(pick: Picker): SampleRecord {
  const artist = pick.of(artists);
  return {
    name: pick.of(songs),
    duration: pick.whole(140, 320) * 1000,
    explicit: false,
    number: pick.whole(1, 12),
    artists: [{ name: artist }],
    album: { name: `${pick.of(songs)} (Album)`, albumtype: 'album', artists: [{ name: artist }] },
  };
}

const laboratory = [
  { code: '718-7', display: 'Hemoglobin', unit: 'mmol/L', from: 8, to: 10.5 },
  { code: '2160-0', display: 'Creatinine', unit: 'umol/L', from: 60, to: 105 },
  { code: '2093-3', display: 'Cholesterol', unit: 'mmol/L', from: 3.5, to: 6.4 },
  { code: '4548-4', display: 'Hemoglobin A1c', unit: 'mmol/mol', from: 31, to: 48 },
  { code: '2823-3', display: 'Potassium', unit: 'mmol/L', from: 3.5, to: 5 },
] as const;

/** By category. Names, numbers and places are invented; object types and their ids follow digi.me's own. */
export const recordKinds: Record<CategoryReference, RecordKind[]> = {
  entertainment: [
    {
      objectType: 'playhistory',
      objectTypeId: 406,
      usual: 30,
      make: (pick, playedAt) => ({ playedat: playedAt, track: track(pick) }),
    },
    {
      objectType: 'playlist',
      objectTypeId: 403,
      usual: 5,
      make: (pick) => ({
        name: pick.of(['On the bicycle', 'Rainy evenings', 'Kitchen', 'Long drives', 'Focus']),
        collaborative: false,
        ispublic: true,
        tracks: Array.from({ length: 6 }, () => track(pick)),
      }),
    },
    {
      objectType: 'followedartist',
      objectTypeId: 407,
      usual: 8,
      make: (pick) => ({
        name: pick.of(artists),
        followers: pick.whole(900, 240_000),
        genres: [pick.of(['indie folk', 'dream pop', 'jazz', 'electronic'])],
      }),
    },
  ],
  social: [
    {
      objectType: 'post',
      objectTypeId: 2,
      usual: 24,
      make: (pick) => ({
        text: pick.of(thoughts),
        type: 3,
        visibility: 'friends',
        likecount: pick.whole(0, 60),
        commentcount: pick.whole(0, 9),
        location: { name: pick.of(towns) },
      }),
    },
    {
      objectType: 'comment',
      objectTypeId: 7,
      usual: 12,
      make: (pick) => ({
        text: pick.of([
          'Lovely!',
          'Same here.',
          'I have one, come by.',
          'Congratulations!',
          'Where is that?',
        ]),
        likecount: pick.whole(0, 12),
      }),
    },
  ],
  'health-fitness': [
    {
      objectType: 'dailyactivity',
      objectTypeId: 301,
      usual: 28,
      make: (pick, createdAt) => ({
        startdate: createdAt,
        enddate: createdAt + 86_400_000,
        steps: pick.whole(2400, 14_800),
        calories: pick.whole(1750, 2900),
        distances: [{ activity: 'total', distance: pick.amount(1.6, 11.2), unit: 'km' }],
      }),
    },
    {
      objectType: 'activity',
      objectTypeId: 300,
      usual: 12,
      make: (pick, createdAt) => {
        const duration = pick.whole(15, 95) * 60_000;
        return {
          activity: pick.of(['run', 'walk', 'ride', 'swim']),
          startdate: createdAt,
          enddate: createdAt + duration,
          duration,
          averageheartrate: pick.whole(96, 158),
        };
      },
    },
  ],
  medical: [
    {
      objectType: 'observation',
      objectTypeId: 124,
      usual: 24,
      make: (pick, createdAt) => {
        const { code, display, unit, from, to } = pick.of(laboratory);
        return {
          resourceType: 'Observation',
          status: 'final',
          code: { coding: [{ system: 'http://loinc.org', code, display }] },
          effectiveDateTime: new Date(createdAt).toISOString(),
          valueQuantity: { value: pick.amount(from, to), unit },
        };
      },
    },
    {
      objectType: 'medicationstatement',
      objectTypeId: 120,
      usual: 6,
      make: (pick, createdAt) => ({
        resourceType: 'MedicationStatement',
        status: 'active',
        medicationCodeableConcept: {
          text: pick.of(['Paracetamol 500 mg', 'Metoprolol 50 mg', 'Salbutamol inhaler', 'Omeprazole 20 mg']),
        },
        effectiveDateTime: new Date(createdAt).toISOString(),
      }),
    },
    {
      objectType: 'appointment',
      objectTypeId: 101,
      usual: 4,
      make: (pick, createdAt) => ({
        resourceType: 'Appointment',
        status: 'fulfilled',
        description: pick.of(['Check-up', 'Blood test', 'Consultation by telephone', 'Vaccination']),
        start: new Date(createdAt).toISOString(),
        minutesDuration: pick.of([10, 15, 20, 30]),
      }),
    },
  ],
  finance: [
    {
      objectType: 'transaction',
      objectTypeId: 201,
      usual: 36,
      make: (pick, createdAt) => ({
        transactiondate: createdAt,
        amount: pick.amount(2, 96),
        currency: 'EUR',
        basetype: 'debit',
        merchantname: pick.of(shops),
        category: pick.of(['groceries', 'transport', 'eating out', 'books']),
      }),
    },
  ],
  shopping: [
    {
      objectType: 'receipt',
      objectTypeId: 501,
      usual: 24,
      make: (pick, createdAt) => ({
        orderdate: createdAt,
        ordernumber: pick.hex(10).toUpperCase(),
        items: [{ name: pick.of(goods), quantity: pick.whole(1, 3), price: pick.amount(4, 89) }],
        currency: 'EUR',
      }),
    },
  ],
};
