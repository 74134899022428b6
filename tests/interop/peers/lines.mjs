// How a peer talks to its test: one JSON object a line. The end of the input is the end of the peer.
import {createInterface} from 'node:readline';

export function tell(event, more) {
    process.stdout.write(JSON.stringify({event, ...more}) + '\n');
}

export async function* orders() {
    for await (const line of createInterface({input: process.stdin})) {
        yield JSON.parse(line);
    }
}

export async function untilTheInputEnds() {
    for await (const order of orders()) {
        throw new Error(`A client takes no orders: ${JSON.stringify(order)}`);
    }
}
