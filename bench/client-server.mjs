import { createServer } from 'node:http';

// The least that a platform can do: it reads the body and accepts. Nothing is checked, so that its cost stays small.
const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(201).end());
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port));
process.on('disconnect', () => process.exit());
