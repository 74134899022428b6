// The desktop of an agent on npm cometd.   node cometd_client.mjs URL AUTHORIZATION long-polling|any
// One agent a process: cometd-nodejs-client keeps one cookie store for all the clients of a process.
import {AckExtension, CometD} from 'cometd';
import {adapt} from 'cometd-nodejs-client';
import {tell, untilTheInputEnds} from './lines.mjs';

const [url, authorization, transport] = process.argv.slice(2);
adapt();
const client = new CometD();
client.configure({url, requestHeaders: {Authorization: authorization}, logLevel: 'warn'});
if (transport !== 'any') {
    client.getTransportTypes().filter(type => type !== transport).forEach(type => client.unregisterTransport(type));
}
client.registerExtension('ack', new AckExtension());
client.handshake(hello => {
    if (!hello.successful) {
        tell('refused', {reply: hello});
        return;
    }
    client.subscribe('/v2/me/chats', message => tell('message', {data: message.data}), reply => {
        const ack = Boolean(hello.ext && hello.ext.ack);
        tell(reply.successful ? 'ready' : 'refused', {transport: client.getTransport().type, ack, reply});
    });
});
await untilTheInputEnds();
client.disconnect(() => process.exit());
