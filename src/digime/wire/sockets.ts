import type { Socket } from 'node:net';

/** How long a failed write waits for an answer that may already lie in the receive buffer. */
const graceMs = 500;

type Done = (error?: Error | null) => void;

/**
 * Lets an early answer win over a failed write. A server may refuse a large body before it has read it and close:
 * the next write then fails with EPIPE or ECONNRESET and Node throws the socket away, with the answer unread in it.
 * Here the failure is passed on a moment later; by then the reading side has given up the answer or ended.
 */
export function letAnswersWin<Any extends Socket>(socket: Any): Any {
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
