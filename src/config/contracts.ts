import { checkContractKey } from '../digime/index.js';

export interface ContractDetails {
  readonly contractId: string;
  /** PEM, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
}

/** The contracts by what they are for; in sandbox mode they are the sandbox's own. */
export interface Contracts {
  readonly library: ContractDetails;
  readonly provider?: ContractDetails;
  readonly read?: ContractDetails;
}

type Settings = Readonly<Record<string, string>>;

/** Every key that the sandbox makes carries this public exponent, so that a copied one is recognised anywhere. */
const sandboxKeyExponent = 65539;

/** `.env` files carry a PEM on one line with `\n` in it; container platforms carry real line breaks. */
const asPem = (value: string) => value.replaceAll('\\n', '\n');

function checkKey(name: string, pem: string, problems: string[]): void {
  try {
    const { publicExponent } = checkContractKey(pem);
    if (publicExponent === sandboxKeyExponent)
      problems.push(`${name} is a key that the sandbox made: use the one digi.me issued`);
  } catch (error) {
    problems.push(`${name} ${error instanceof Error ? error.message : 'is not a usable RSA private key'}`);
  }
}

function readContract(
  settings: Settings,
  prefix: string,
  problems: string[],
  fallbackKey?: string,
): ContractDetails | undefined {
  const idName = `${prefix}CONTRACT_ID`;
  const keyName = `${prefix}PRIVATE_KEY`;
  const contractId = settings[idName];
  const ownKey = settings[keyName];
  if (contractId === undefined && ownKey === undefined) return undefined;
  if (contractId === undefined) problems.push(`${idName} is missing (its key ${keyName} is set)`);
  if (ownKey === undefined && fallbackKey === undefined)
    problems.push(`${keyName} is missing (its contract ${idName} is set)`);
  if (ownKey !== undefined) checkKey(keyName, asPem(ownKey), problems);
  const privateKey = ownKey === undefined ? fallbackKey : asPem(ownKey);
  return contractId === undefined || privateKey === undefined ? undefined : { contractId, privateKey };
}

/** Reads the application id and the contracts for live mode; what is missing or unusable is added to `problems`. */
export function readContracts(
  settings: Settings,
  problems: string[],
): { applicationId: string; contracts: Contracts } {
  const applicationId = settings.DIGIME_APPLICATION_ID ?? '';
  if (applicationId === '')
    problems.push('DIGIME_APPLICATION_ID is missing: live mode needs the application id that digi.me issued');
  if (applicationId.startsWith('sandbox-'))
    problems.push("DIGIME_APPLICATION_ID is the sandbox's: use the one digi.me issued");
  const library = readContract(settings, 'DIGIME_', problems);
  if (
    library === undefined &&
    settings.DIGIME_CONTRACT_ID === undefined &&
    settings.DIGIME_PRIVATE_KEY === undefined
  ) {
    problems.push('DIGIME_CONTRACT_ID and DIGIME_PRIVATE_KEY are missing: live mode needs a write contract');
  }
  const provider = readContract(settings, 'DIGIME_PROVIDER_', problems, library?.privateKey);
  const read = readContract(settings, 'DIGIME_READ_', problems);
  return {
    applicationId,
    contracts: {
      library: library ?? { contractId: '', privateKey: '' },
      ...(provider && { provider }),
      ...(read && { read }),
    },
  };
}

const isLocal = (url: string) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);

/** The rules that hold in live mode only: real secrets, encrypted addresses. */
export function liveProblems(
  settings: Settings,
  set: {
    DIGIME_BASE_URL: string;
    DIGIME_ONBOARD_URL: string;
    BASE_URL?: string | undefined;
    APP_SECRET?: string | undefined;
    SANDBOX_URL?: string | undefined;
  },
  exampleSecret: string,
): string[] {
  const problems: string[] = [];
  if (set.APP_SECRET === undefined)
    problems.push('APP_SECRET is missing: live mode needs at least 32 random characters');
  if (set.APP_SECRET === exampleSecret)
    problems.push('APP_SECRET is the example value: choose at least 32 random characters of your own');
  for (const name of ['DIGIME_BASE_URL', 'DIGIME_ONBOARD_URL'] as const) {
    if (!set[name].startsWith('https:')) problems.push(`${name} must be an https address in live mode`);
  }
  if (set.BASE_URL !== undefined && !set.BASE_URL.startsWith('https:') && !isLocal(set.BASE_URL)) {
    problems.push('BASE_URL must be an https address in live mode (plain http only on localhost)');
  }
  if (settings.SANDBOX_URL !== undefined) problems.push('SANDBOX_URL has no place in live mode');
  return problems;
}
