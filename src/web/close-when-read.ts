import type { RequestHandler } from 'express';

/**
 * Lets a client that wants its connection closed (`Connection: close`, which proxies send; HTTP/1.0) read an answer that
 * comes before its body has gone, such as a refusal. Node would close at once, and what it has not read then makes the
 * system reset the connection, by which the client loses the answer: RFC 9112 §9.6 has a server read on first. For how
 * long is said by `bodyDeadline` and, for an upload that is refused, by `lingeringClose`.
 */
export const closeWhenRead: RequestHandler = (req, res, next) => {
  const wantsClose = req.httpVersion === '1.0' || /\bclose\b/i.test(req.get('connection') ?? '');
  const hasBody =
    Number(req.get('content-length') ?? 0) > 0 || req.headers['transfer-encoding'] !== undefined;
  if (wantsClose && hasBody) {
    const { socket } = req;
    res.set('Connection', 'keep-alive');
    res.once('finish', () => {
      if (req.complete) socket.end();
      else req.once('end', () => socket.end()).resume();
    });
  }
  next();
};
