import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runNpm, runOrExit } from './run-command.mjs';

/**
 * Makes the data of the bundle check anew from HL7's own package (CC0-1.0): where a Reference may lead, the codes of
 * HL7's code systems, and the list of invariants that the tests compare with the ones that are implemented.
 * The package has 62 MB unpacked, which is why its essence is kept in the repository instead of a dependency.
 * Run it as `node scripts/generate-fhir-data.mjs`; a second run changes nothing.
 */
const packageName = 'hl7.fhir.r3.examples@3.0.2';
const structureFile = join(root, 'src/fhir/structure/stu3-structure.json');
const codeSystemsFile = join(root, 'src/fhir/structure/stu3-code-systems.json');
const invariantsFile = join(root, 'test/fhir/stu3-invariants.json');
const definitionBase = 'http://hl7.org/fhir/StructureDefinition/';

const folder = mkdtempSync(join(tmpdir(), 'fhir-data-'));
try {
  await runNpm(['pack', packageName, '--pack-destination', folder, '--silent']);
  const [archive] = readdirSync(folder);
  await runOrExit('tar', ['-xzf', join(folder, archive), '-C', folder]);
  const read = (name) => JSON.parse(readFileSync(join(folder, 'package', name), 'utf8'));
  const structure = JSON.parse(readFileSync(structureFile, 'utf8'));
  const invariants = {};
  for (const [type, { elements }] of Object.entries(structure.types)) {
    for (const definition of read(`StructureDefinition-${type}.json`).snapshot.element) {
      const element = elements[definition.path.split('.').slice(1).join('.')];
      if (element) setTargets(element, definition);
      for (const { key, human, expression } of definition.constraint ?? []) {
        invariants[key] ??= { human, expression, on: [] };
        if (!invariants[key].on.includes(definition.path)) invariants[key].on.push(definition.path);
      }
    }
  }
  // Every element and every resource has these: their number says nothing.
  for (const { on } of Object.values(invariants)) on.splice(20);
  writeFileSync(structureFile, JSON.stringify(structure));
  writeFileSync(invariantsFile, `${JSON.stringify(invariants, null, 2)}\n`);
  writeFileSync(codeSystemsFile, JSON.stringify(codeSystems(read)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** `targets` of a Reference that may not lead to every type; several definitions of one element are joined. */
function setTargets(element, { type = [] }) {
  const targets = type.filter(({ code }) => code === 'Reference').map(({ targetProfile }) => targetProfile);
  const isOpen = targets.some((profile) => profile === undefined || profile === `${definitionBase}Resource`);
  delete element.targets;
  if (targets.length > 0 && !isOpen) {
    element.targets = [...new Set(targets.map((profile) => profile.slice(definitionBase.length)))].sort();
  }
}

/** The codes of HL7's complete code systems of STU3, by their address; those of HL7 v2 and v3 are left out. */
function codeSystems(read) {
  const systems = {};
  for (const name of readdirSync(join(folder, 'package')).sort()) {
    if (!/^CodeSystem-(?!v[23]-)/.test(name)) continue;
    const { url, content, concept, caseSensitive } = read(name);
    if (content !== 'complete' || !concept || !/^http:\/\/hl7\.org\/fhir\//.test(url)) continue;
    const codes = codesOf(concept);
    systems[url] = caseSensitive === false ? codes.flatMap((code) => [code, code.toLowerCase()]) : codes;
  }
  return systems;
}

function codesOf(concepts) {
  return concepts.flatMap(({ code, concept = [] }) => [code, ...codesOf(concept)]);
}
