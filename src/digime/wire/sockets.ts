import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Idle connections are closed before a server is likely to: one that it closes under a request would lose a push. */
export const idleMs = 15_000;

/** How long a failed write waits for an answer that may already lie in the receive buffer. */
const graceMs = 500;

type Done = (error?: Error | null) => void;

/** Idle connections that are kept at most, as many as Node's agent keeps by default. */
const maxIdle = 256;

/** What Node's agents, and libraries that build upon them, rely on, and Node's types leave out. */
interface AgentInsides {
  createConnection(...parameters: unknown[]): Socket | undefined;
  addRequest(request: ClientRequest & RequestInsides, ...parameters: unknown[]): void;
}

interface RequestInsides {
  onSocket(socket: Socket): void;
  shouldKeepAlive: boolean;
  res?: IncomingMessage;
}

type AgentSocket = Socket & { _httpMessage?: RequestInsides | null };

/** Makes every connection of an agent one that lets an early answer win. */
export function keepAnswers<Any extends Agent>(agent: Any): Any {
  const insides = agent as unknown as AgentInsides;
  const { createConnection } = insides;
  insides.createConnection = (...parameters) => {
    const socket = createConnection.apply(agent, parameters);
    return socket && letAnswersWin(socket);
  };
  return agent;
}

/**
 * Lets an agent whose requests all go to one address keep its idle connections in one list. Node's own way copies and
 * compares all options of each request, and sets four timers for a limit that only idle connections have: 0.017 ms of the
 * 0.053 of processor time that a post of 10 kB takes. Opening a connection stays Node's.
 */
export function keepInOneList<Any extends Agent>(agent: Any): Any {
  const insides = agent as unknown as AgentInsides;
  const { addRequest, createConnection } = insides;
  const idle: Socket[] = [];
  insides.createConnection = (...parameters) => {
    const socket = createConnection.apply(agent, parameters);
    const forget = () => {
      const at = idle.indexOf(socket as Socket);
      if (at < 0) return;
      idle.splice(at, 1);
      socket?.destroy();
    };
    // While it is idle nobody else listens. The timeout counts from the last byte that went either way.
    return socket?.setTimeout(idleMs).on('error', forget).on('timeout', forget).on('close', forget);
  };
  insides.addRequest = (request, ...parameters) => {
    let socket = idle.pop();
    while (socket && !socket.writable) socket = idle.pop();
    if (!socket) {
      addRequest.call(agent, request, ...parameters);
      return;
    }
    socket.ref();
    request.reusedSocket = true;
    request.onSocket(socket);
  };
  agent.removeAllListeners('free').on('free', (socket: AgentSocket) => {
    const request = socket._httpMessage;
    const limitMs = request?.shouldKeepAlive ? idleLimitMs(request) : 0;
    if (limitMs === 0 || !socket.writable || idle.length >= maxIdle) {
      socket.destroy();
      return;
    }
    socket._httpMessage = null;
    if (socket.timeout !== limitMs) socket.setTimeout(limitMs);
    socket.unref();
    idle.push(socket);
  });
  return agent;
}

/** Earlier than a server says that it will close: a request that crosses its end would be lost. As Node's agent. */
const closeBeforeMs = 1000;

/** A server may say that it closes idle connections sooner (`Keep-Alive: timeout=5`). 0: not to be used again. */
function idleLimitMs({ res }: RequestInsides): number {
  const hint = res?.headers['keep-alive'];
  const seconds = typeof hint === 'string' ? /^timeout=(\d+)/.exec(hint)?.[1] : undefined;
  return seconds === undefined
    ? idleMs
    : Math.max(0, Math.min(idleMs, Number(seconds) * 1000 - closeBeforeMs));
}

/**
 * Lets an early answer win over a failed write. A server may refuse a large body before it has read it and close:
 * the next write then fails with EPIPE or ECONNRESET and Node throws the socket away, with the answer unread in it.
 * Here the failure is passed on a moment later; by then the reading side has given up the answer or ended.
 */
function letAnswersWin<Any extends Socket>(socket: Any): Any {
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  socket._write = (chunk, encoding, done) => write(chunk, encoding, later(socket, done));
  if (writev) socket._writev = (chunks, done) => writev(chunks, later(socket, done));
  const setKeepAlive = socket.setKeepAlive.bind(socket);
  let keptAlive = false;
  // axios and the agent both ask for this with every request: two system calls each time, for what is set already.
  socket.setKeepAlive = (...settings) => {
    if (!keptAlive) setKeepAlive(...settings);
    keptAlive = true;
    return socket;
  };
  return socket;
}

function later(socket: Socket, done: Done): Done {
  return (error) => {
    if (!error) return done();
    const pass = () => {
      clearTimeout(timer);
      socket.off('close', pass);
      done(error);
    };
    const timer = setTimeout(pass, graceMs);
    socket.once('close', pass);
  };
}
