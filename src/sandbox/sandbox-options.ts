export interface SandboxOptions {
  /** Default 0: any free one. */
  port?: number | undefined;
  /** Default 127.0.0.1: this machine only. */
  host?: string | undefined;
  /** Its own folder: keys, journal and bodies are kept in it. Default: one of its own, removed by `close`. */
  dataDir?: string | undefined;
  /** Forget what an earlier sandbox left in `dataDir`, keys included. */
  fresh?: boolean;
  /** The address under which clients and people reach it; default `http://localhost:{port}/`. */
  publicUrl?: string;
  /** Registered callbacks besides every path and port of this machine. */
  callbacks?: string[];
  log?: (entry: Record<string, unknown>) => void;
  /** Milliseconds; default the machine's clock. */
  now?: () => number;
  /** Defaults: 3,600, 30 days and 600. */
  accessTokenSeconds?: number;
  refreshTokenSeconds?: number;
  codeSeconds?: number;
  /** How long "Allow, slowly" of the consent page takes, milliseconds; default 10,000. */
  slowMs?: number;
}
