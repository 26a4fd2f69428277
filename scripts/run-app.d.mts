import type { ChildProcess } from 'node:child_process';

export declare const mainPath: string;

export interface RunOptions {
  /** The whole environment beside `PATH`; ports are free ones unless given. */
  env?: Record<string, string | undefined>;
  /** Words after `main.js`, for example `sandbox`. */
  words?: string[];
  /** By default the project's folder, where a `.env` counts. */
  cwd?: string;
  /** By default `dist/main.js` of the project. */
  main?: string;
  nodeOptions?: string[];
  /** Put in front of the command, for example a shell that sets limits. */
  prefix?: string[];
  user?: { uid?: number; gid?: number };
}

export interface AppProcess {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly said: { readonly out: string; readonly err: string };
  /** Its address, without a final slash; rejects with what it wrote when it ends before. */
  readonly ready: Promise<string>;
  /** Its exit code, `null` after a fatal signal; all that it wrote has been read by then. */
  readonly ended: Promise<number | null>;
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export declare function runApp(options?: RunOptions): AppProcess;
