/** An invented person who plays the user. There is no login: whoever has the consent page open says who they are. */
export interface Person {
  id: string;
  name: string;
  birthDate: string;
  town: string;
}

export const people = [
  { id: 'anna', name: 'Anna de Vries', birthDate: '1984-03-12', town: 'Utrecht' },
  { id: 'bram', name: 'Bram Jansen', birthDate: '1957-11-02', town: 'Groningen' },
  { id: 'fatima', name: 'Fatima El Amrani', birthDate: '1991-07-25', town: 'Rotterdam' },
  { id: 'willem', name: 'Willem Visser', birthDate: '1942-01-30', town: 'Zwolle' },
  { id: 'grace', name: 'Grace Okafor', birthDate: '1978-09-18', town: 'Bristol' },
  { id: 'jonas', name: 'Jonas Weber', birthDate: '2001-05-06', town: 'Bremen' },
] as const satisfies Person[];

/** The person with this id, or `undefined`. */
export function findPerson(id: string | undefined): Person | undefined {
  return people.find((person) => person.id === id);
}

/** Whose library it is; the first person for one that says nobody. */
export function personOf(library: { personId?: string | undefined } | undefined): Person {
  return findPerson(library?.personId) ?? people[0];
}
