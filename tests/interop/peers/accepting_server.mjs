// npm cometd-nodejs-server that publishes what an Accept does, for tests/bench/notifications.py.   node accepting_server.mjs
// The first order is {"accepted": [...], "said": {...}}: the data of the three notifications, and of a live message.
//   POST /accept/CLIENT_ID   delivers the three to this session
//   POST /say/CLIENT_ID      delivers the one
import {createServer} from 'node:http';
import cometd from 'cometd-nodejs-server';
import {orders, tell} from './lines.mjs';

const bayeux = cometd.createCometDServer({timeout: 20000});
let publishes = {};

const server = createServer((request, response) => {
    const [, operation, id] = request.url.split('/');
    if (!(operation in publishes)) {
        bayeux.handle(request, response);
        return;
    }
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
        const asked = JSON.parse(Buffer.concat(parts).toString());
        const session = bayeux.getServerSession(id);
        response.setHeader('Content-Type', 'application/json;charset=utf-8');
        response.end(JSON.stringify({statusCode: asked.operationName ? 0 : 1}));
        publishes[operation].forEach(data => session.deliver(null, '/v2/me/chats', data));
    });
});
server.keepAliveTimeout = 600000; // what idles between two rounds is kept
server.listen(0, '127.0.0.1', () => tell('ready', {port: server.address().port, pid: process.pid}));
for await (const {accepted, said} of orders()) {
    publishes = {accept: accepted, say: [said]};
    tell('done');
}
process.exit();
