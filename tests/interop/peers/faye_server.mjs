// npm faye.   node faye_server.mjs PORT HOLD   (HOLD in milliseconds)
import faye from 'faye';
import {serve} from './serving.mjs';

const [port, hold] = process.argv.slice(2);

await serve(Number(port), async () => {
    const bayeux = new faye.NodeAdapter({mount: '/cometd', timeout: Number(hold) / 1000});
    const publisher = bayeux.getClient();
    // Of what is published before the publisher has shaken hands, faye sends the first last.
    await publisher.publish('/warm-up', {});
    return {
        handle: (request, response) => bayeux.handle(request, response),
        publish: items => items.forEach(item => publisher.publish('/v2/me/chats', item))
    };
});
