import { randomBytes } from 'node:crypto';
import axios from 'axios';
import express from 'express';
import jwt from 'jsonwebtoken';
import multer from 'multer';

// The way of the documentation's examples: the whole file in memory, then pushed by a client that parses the key and
// signs two tokens on the event loop for every call, on a new connection each.
const [target, privateKey] = [process.argv[2], Buffer.from(process.argv[3], 'base64').toString()];
const app = express();
const upload = multer({ storage: multer.memoryStorage() });
const sign = (claims) => jwt.sign(claims, privateKey, { algorithm: 'PS512', noTimestamp: true });

app.post('/push/library', upload.single('file'), async (req, res) => {
  const bearer = sign({
    access_token: 'a'.repeat(64),
    client_id: 'bench_write',
    nonce: randomBytes(16).toString('hex'),
    timestamp: Date.now(),
  });
  await axios.post(`http://127.0.0.1:${target}/v1.7/permission-access/import`, req.file.buffer, {
    headers: {
      Authorization: `Bearer ${bearer}`,
      FileDescriptor: sign({ metadata: JSON.parse(req.body.fileMeta) }),
      'Content-Type': 'application/octet-stream',
    },
    maxBodyLength: Number.POSITIVE_INFINITY,
  });
  res.status(202).json({});
});
const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
