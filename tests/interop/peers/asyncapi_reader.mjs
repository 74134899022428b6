// AsyncAPI's own parser reads a document: what it complains of, and which messages come on which channel.
import {argv} from 'node:process';
import {Parser, fromFile} from '@asyncapi/parser';
import {tell} from './lines.mjs';

const {document, diagnostics} = await fromFile(new Parser(), argv[2]).parse();
const complaints = diagnostics.map(({severity, code, message}) => ({severity, code, message}));
const channels = document?.channels().all().map((channel) => ({
    address: channel.address(),
    messages: channel.messages().all().map((message) => message.name()),
}));
const operations = document?.operations().all().map((operation) => ({
    action: operation.action(),
    messages: operation.messages().all().map((message) => message.name()),
}));
tell('read', {complaints, channels: channels ?? null, operations: operations ?? null});
