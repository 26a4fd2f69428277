// By itself, as it is part of the public types: those need no @types/node, and `http.ts` does.

/** A proxy to send every request through, or `'environment'`: whatever `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say. */
export type ProxySetting =
  | 'environment'
  | {
      protocol?: 'http' | 'https' | undefined;
      host: string;
      port: number;
      auth?: { username: string; password: string } | undefined;
    };
