import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Idle connections are closed before a server is likely to: one that it closes under a request would lose a push. */
const idleMs = 15_000;

/** How long a failed write waits for an answer that may already lie in the receive buffer. */
const graceMs = 500;

type Done = (error?: Error | null) => void;

/** What an agent's methods are given, and Node's types leave out. */
interface ConnectionMaker {
  createConnection(...parameters: unknown[]): Socket | undefined;
}

/**
 * Lets an agent keep its connections at a lower price. Node's own way compares all options of TLS for each request, and sets
 * four timers for a limit that only idle connections have; half of what a post of 10 kB costs beyond its system calls.
 */
export function keepSockets<Any extends Agent>(agent: Any): Any {
  const maker = agent as unknown as ConnectionMaker;
  const createConnection = maker.createConnection;
  maker.createConnection = (...parameters) => {
    // Counts from the last byte that went either way. Node closes a connection then if no request has it.
    const socket = createConnection.apply(agent, parameters)?.setTimeout(idleMs);
    return socket && letAnswersWin(socket);
  };
  // One client has one set of options; a proxy has another address.
  agent.getName = (options) =>
    `${options?.host}:${options?.port}:${(options as { servername?: string } | undefined)?.servername}`;
  agent.keepSocketAlive = (socket: Socket) => {
    const limitMs = idleLimitMs(socket);
    if (socket.timeout !== limitMs) socket.setTimeout(limitMs);
    socket.unref();
    return limitMs > 0;
  };
  return agent;
}

/** A server may say that it closes idle connections sooner (`Keep-Alive: timeout=5`). */
function idleLimitMs(socket: Socket): number {
  const { _httpMessage: request } = socket as { _httpMessage?: ClientRequest & { res?: IncomingMessage } };
  const hint = request?.res?.headers['keep-alive'];
  const seconds = typeof hint === 'string' ? /^timeout=(\d+)/.exec(hint)?.[1] : undefined;
  return seconds === undefined ? idleMs : Math.min(idleMs, Number(seconds) * 1000);
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
