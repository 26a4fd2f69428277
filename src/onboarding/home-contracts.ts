import type { Contracts } from '../config/index.js';
import type { ConnectionType } from '../connections/index.js';
import { type Contract, type DigiMe, ServerError } from '../digime/index.js';
import { hasWord, type Translate } from '../web/index.js';

const freshForMs = 60 * 60_000;
const retryAfterMs = 60_000;
/** The first page does not wait longer than this, once, for what it can do without. */
const patienceMs = 150;
const soonMs = 30 * 86_400_000;

/** A configured contract as the first page shows it. */
export interface ContractView {
  role: ConnectionType;
  id: string;
  name: string;
  /** `r` or `w`; empty where digi.me did not say. */
  accessType: string;
  /** Unix milliseconds. */
  expiresAt?: number;
  /** What is wrong with it, in words. */
  problem?: string;
}

type Known = { role: ConnectionType; contract: Contract } | { role: ConnectionType; failure: unknown };

/**
 * What digi.me says of the configured contracts, asked for in the background when the first page is shown, and kept for an
 * hour (a failure for a minute).
 */
export class HomeContracts {
  private known: readonly Known[] = [];
  private askedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly sdk: DigiMe,
    private readonly contracts: Contracts,
    private readonly now: () => number,
  ) {}

  /** What is known; the first time it waits a moment for the answers. It never rejects. */
  async views(t: Translate): Promise<ContractView[]> {
    const isOld = Math.abs(this.now() - this.askedAt) > this.keepMs();
    if (isOld && this.asking === undefined) {
      this.askedAt = this.now();
      this.asking = this.ask().finally(() => {
        this.asking = undefined;
      });
      if (this.known.length === 0) await Promise.race([this.asking, pause(patienceMs)]);
    }
    return this.known.map((known) => this.view(t, known));
  }

  private keepMs(): number {
    return this.known.some((known) => 'failure' in known) ? retryAfterMs : freshForMs;
  }

  private async ask(): Promise<void> {
    const roles = (['library', 'provider', 'read'] as const).filter((role) => this.contracts[role]);
    this.known = await Promise.all(
      roles.map(async (role): Promise<Known> => {
        const contractDetails = this.contracts[role];
        if (contractDetails === undefined) return { role, failure: undefined };
        try {
          return { role, contract: await this.sdk.getContractDetails({ contractDetails }) };
        } catch (failure) {
          return { role, failure };
        }
      }),
    );
  }

  private view(t: Translate, known: Known): ContractView {
    const { role } = known;
    const id = this.contracts[role]?.contractId ?? '';
    if ('failure' in known)
      return { role, id, name: '', accessType: '', problem: failureIn(t, known.failure) };
    const { contract } = known;
    const expiresAt = expiryOf(contract.expirationDate);
    const problem = problemOf(t, role, contract, expiresAt, this.now());
    return {
      role,
      id,
      name: [contract.application?.name, contract.type].filter(Boolean).join(' – ').slice(0, 200),
      accessType: contract.accessType ?? '',
      ...(expiresAt !== undefined && { expiresAt }),
      ...(problem && { problem }),
    };
  }
}

function failureIn(t: Translate, failure: unknown): string {
  const code = failure instanceof ServerError ? failure.error.code : 'unknown';
  const key = `errors:platform.${code}.message`;
  return hasWord(key) ? t(key) : t('home:contracts.notAnswered', { code });
}

function problemOf(
  t: Translate,
  role: ConnectionType,
  { accessType }: Contract,
  expiresAt: number | undefined,
  now: number,
): string | undefined {
  const letter = accessType?.toLowerCase();
  if (role !== 'read' && letter !== undefined && !letter.includes('w'))
    return t('home:contracts.cannotWrite');
  if (role === 'read' && letter !== undefined && !letter.includes('r')) return t('home:contracts.cannotRead');
  if (expiresAt === undefined || expiresAt > now + soonMs) return undefined;
  return t(expiresAt <= now ? 'home:contracts.expired' : 'home:contracts.expiresSoon');
}

/** A number is milliseconds, or seconds where it is too small for that; text is a number or a date. */
function expiryOf(value: number | string | undefined): number | undefined {
  const time = typeof value === 'string' ? (/^\d+$/.test(value) ? Number(value) : Date.parse(value)) : value;
  if (time === undefined || !Number.isFinite(time) || time <= 0) return undefined;
  const ms = time < 1e11 ? time * 1000 : time;
  return ms <= 8.64e15 ? ms : undefined;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
