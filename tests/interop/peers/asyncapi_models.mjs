// AsyncAPI's generator of models makes TypeScript classes of a document.
import {argv} from 'node:process';
import {Parser, fromFile} from '@asyncapi/parser';
import {TypeScriptGenerator} from '@asyncapi/modelina';
import {tell} from './lines.mjs';

const {document} = await fromFile(new Parser(), argv[2]).parse();
const models = document ? await new TypeScriptGenerator({modelType: 'interface'}).generate(document) : [];
tell('made', {models: Object.fromEntries(models.map(({modelName, result}) => [modelName, result]))});
