import type { Connection } from '../connections/index.js';
import { ReadLibrary } from './read-library.js';
import type { ReadingOptions } from './read-session.js';

const maxFilesInAll = 100_000;
const maxLibraries = 500;
const forgottenAfterMs = 60 * 60_000;

/** The libraries that are being looked at, by reading connection: bounded, the ones not looked at the longest go first. */
export class ReadLibraries {
  private readonly byConnection = new Map<string, ReadLibrary>();

  constructor(private readonly options: ReadingOptions) {}

  of(connection: Connection): ReadLibrary {
    const library = this.byConnection.get(connection.id) ?? new ReadLibrary(this.options, connection);
    // Set anew, so that the map's order is by last use.
    this.byConnection.delete(connection.id);
    this.byConnection.set(connection.id, library);
    this.makeRoom(connection.id);
    return library;
  }

  /** Drops what is known of a connection's library. */
  drop(connectionId: string): void {
    this.byConnection.delete(connectionId);
  }

  private makeRoom(keep: string): void {
    let files = [...this.byConnection.values()].reduce((sum, library) => sum + library.size, 0);
    for (const [id, library] of this.byConnection) {
      const isIdle = this.options.now() - library.lastLookAt > forgottenAfterMs;
      if (!isIdle && files <= maxFilesInAll && this.byConnection.size <= maxLibraries) return;
      if (id === keep) continue;
      this.byConnection.delete(id);
      files -= library.size;
    }
  }
}
