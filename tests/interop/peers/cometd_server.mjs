// npm cometd-nodejs-server.   node cometd_server.mjs PORT HOLD [ack]   (HOLD in milliseconds)
import cometd from 'cometd-nodejs-server';
import acknowledge from 'cometd-nodejs-server/ack-extension.js';
import {serve} from './serving.mjs';

const [port, hold, ack] = process.argv.slice(2);

await serve(Number(port), () => {
    const bayeux = cometd.createCometDServer({timeout: Number(hold)});
    if (ack) {
        bayeux.addExtension(new acknowledge.AcknowledgedMessagesExtension());
    }
    return {
        handle: bayeux.handle,
        publish: items => {
            const channel = bayeux.createServerChannel('/v2/me/chats');
            items.forEach(item => channel.publish(null, item));
        }
    };
});
