import http from 'node:http';

// The least that can be done: pipes the request's body on. No account, no descriptor, nothing kept, nothing signed.
const target = Number(process.argv[2]);
const agent = new http.Agent({ keepAlive: true });

const server = http.createServer((req, res) => {
  const headers = {
    'Content-Type': 'application/octet-stream',
    ...(req.headers['content-length'] && { 'Content-Length': req.headers['content-length'] }),
  };
  const onward = http.request(
    {
      host: '127.0.0.1',
      port: target,
      path: '/v1.7/permission-access/import',
      method: 'POST',
      agent,
      headers,
    },
    (answer) => {
      res.writeHead(answer.statusCode);
      answer.pipe(res);
    },
  );
  req.pipe(onward);
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
