// What the servers share: a port, and the orders of the test. An order may hold several of these, done in this order:
//   {"requests": 2}      waits for this many more requests
//   {"publish": [...]}   each item is the data of one message on /v2/me/chats
//   {"replace": true}    once a request is under way at this server, all later ones go to another, which knows no session;
//                        then `last` is published here, so that the request comes to its end
import {once} from 'node:events';
import {createServer} from 'node:http';
import {orders, tell} from './lines.mjs';

// `start` makes a server: {handle(request, response), publish(items)}.
export async function serve(port, start) {
    let bayeux = await start();
    let underWay = 0;
    const server = createServer((request, response) => {
        underWay++;
        response.on('close', () => underWay--);
        bayeux.handle(request, response);
    });
    server.listen(port, '127.0.0.1', () => tell('ready', {port: server.address().port}));
    for await (const {requests = 0, publish = [], replace = false, last = null} of orders()) {
        for (let more = requests; more > 0; more--) {
            await once(server, 'request');
        }
        bayeux.publish(publish);
        if (replace) {
            const next = await start();
            while (underWay === 0) {
                await once(server, 'request');
            }
            const old = bayeux;
            bayeux = next;
            old.publish([last]);
        }
        tell('done');
    }
    process.exit();
}
