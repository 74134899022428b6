// The desktop of an agent on npm faye.   node faye_client.mjs URL AUTHORIZATION long-polling|websocket
import faye from 'faye';
import {tell, untilTheInputEnds} from './lines.mjs';

const [url, authorization, transport] = process.argv.slice(2);
const client = new faye.Client(url);
client.setHeader('Authorization', authorization);
// It shakes hands over long polling in any case, and then takes the best transport that is left.
['websocket', 'eventsource'].filter(type => type !== transport).forEach(type => client.disable(type));
let chosen = null;
client.addExtension({
    outgoing: (message, send) => {
        chosen = message.connectionType || chosen;
        send(message);
    }
});
client.subscribe('/v2/me/chats', data => tell('message', {data})).then(
    () => tell('ready', {transport: chosen, ack: false}),
    error => tell('refused', {reply: String(error.message || error)})
);
await untilTheInputEnds();
await client.disconnect();
process.exit();
