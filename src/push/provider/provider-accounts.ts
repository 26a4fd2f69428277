import {
  type Connection,
  type ConnectionAccount,
  type ConnectionCalls,
  type Connections,
  listAccounts,
  toConnectionAccount,
} from '../../connections/index.js';
import type { DigiMe } from '../../digime/index.js';
import { AppError } from '../../errors.js';
import { asAppError } from '../../web/index.js';

const notFound = (message: string) =>
  new AppError('AccountNotFound', { details: [{ path: 'accountId', message }] });

/** What `ProviderAccounts` uses. */
interface ProviderAccountsParts {
  readonly sdk: DigiMe;
  readonly calls: ConnectionCalls;
  readonly connections: Pick<Connections, 'setAccount'>;
}

/** The accounts at providers that a connection's pushes can go to. */
export class ProviderAccounts {
  readonly #parts: ProviderAccountsParts;

  constructor(parts: ProviderAccountsParts) {
    this.#parts = parts;
  }

  /**
   * The accounts of a connection that a push can go to, as digi.me lists them now. Accounts of sources that are only
   * read are left out where the platform tells them apart (`type` `PUSH`).
   * @throws AppError DigimeUnreachable, DigimeRefused, TokenRefused, ConnectionNotFound
   */
  async listFor(connection: Connection): Promise<ConnectionAccount[]> {
    const accounts = await listAccounts(this.#parts, connection).catch((error) =>
      Promise.reject(asAppError(error)),
    );
    const takingPushes = accounts.filter(({ type }) => type === 'PUSH');
    return (takingPushes.length > 0 ? takingPushes : accounts).map(toConnectionAccount);
  }

  /**
   * The account that a push is for: the one named, which must be among the connection's, else the connection's own. A
   * connection whose account is not known takes the first one that is named as its own.
   * @returns its id
   * @throws AppError AccountNotFound, and as `listFor`
   */
  async accountFor(connection: Connection, wanted: string | undefined): Promise<string> {
    const own = connection.account;
    if (own !== undefined && (wanted ?? own.id) === own.id) return own.id;
    const found = await this.#findNamed(connection, wanted);
    if (own === undefined) await this.#parts.connections.setAccount(connection.id, found);
    return found.id;
  }

  /** Makes one of the connection's accounts its own. @throws as `accountFor` */
  async choose(connection: Connection, wanted: string | undefined): Promise<void> {
    await this.#parts.connections.setAccount(connection.id, await this.#findNamed(connection, wanted));
  }

  async #findNamed(connection: Connection, wanted: string | undefined): Promise<ConnectionAccount> {
    if (wanted === undefined) throw notFound('provider:account.needed');
    const found = (await this.listFor(connection)).find(({ id }) => id === wanted);
    if (found === undefined) throw notFound('provider:account.foreign');
    return found;
  }
}
