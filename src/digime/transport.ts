import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { makePatient } from './patient-socket.js';

/** A proxy to send every request through, or `'environment'`: whatever `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say. */
export type ProxySetting =
  | 'environment'
  | {
      protocol?: 'http' | 'https' | undefined;
      host: string;
      port: number;
      auth?: { username: string; password: string } | undefined;
    };

/** The connections of one client: kept alive and used again, through a proxy only when asked for. */
export interface Transport {
  httpAgent: http.Agent;
  httpsAgent: https.Agent;
  proxy: ProxySetting | undefined;
}

/** Connections that stay open between calls. Idle ones do not keep the process alive. */
export function createTransport(proxy?: ProxySetting): Transport {
  return {
    httpAgent: withPatientSockets(new http.Agent({ keepAlive: true })),
    httpsAgent: withPatientSockets(new https.Agent({ keepAlive: true })),
    proxy,
  };
}

function withPatientSockets<Any extends http.Agent>(agent: Any): Any {
  const maker = agent as unknown as { createConnection(...parameters: unknown[]): Socket | undefined };
  const createConnection = maker.createConnection;
  maker.createConnection = (...parameters) => {
    const socket = createConnection.apply(agent, parameters);
    return socket && makePatient(socket);
  };
  return agent;
}
