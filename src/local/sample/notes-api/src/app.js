import { createServer } from 'node:http';
import { readJson } from './body.js';
import { HttpError } from './errors.js';
import { createStore } from './store.js';
import { newNote, noteChanges } from './validate.js';

/** The server of the API. It listens once it is told to. */
export function createApp({ store = createStore() } = {}) {
  return createServer(async (request, response) => {
    try {
      const { status, body } = await answer(store, request);
      send(response, status, body);
    } catch (error) {
      if (!(error instanceof HttpError)) console.error(error);
      const known =
        error instanceof HttpError ? error : new HttpError(500, 'internal', 'Something went wrong.');
      // What was not read of a body is not read any more.
      if (known.status === 413) response.setHeader('connection', 'close');
      send(response, known.status, { error: { code: known.code, message: known.message } });
    }
  });
}

async function answer(store, request) {
  const url = new URL(request.url, 'http://localhost');
  const [noun, id, ...rest] = url.pathname.split('/').filter(Boolean);
  if (noun === 'health' && id === undefined) return only(request, { GET: () => ok({ ok: true }) });
  if (noun !== 'notes' || rest.length > 0) throw notFound();
  if (id === undefined) {
    return only(request, {
      GET: () => {
        const tag = url.searchParams.get('tag') ?? undefined;
        const search = url.searchParams.get('search') ?? undefined;
        return ok({ notes: store.list({ tag, search }) });
      },
      POST: async () => ({ status: 201, body: store.create(newNote(await readJson(request))) }),
    });
  }
  return only(request, {
    GET: () => ok(found(store.get(id))),
    PATCH: async () => ok(found(store.change(id, noteChanges(await readJson(request))))),
    DELETE: () => {
      if (!store.remove(id)) throw notFound();
      return { status: 204 };
    },
  });
}

function only(request, methods) {
  const method = methods[request.method];
  if (!method) throw new HttpError(405, 'methodNotAllowed', `Use ${Object.keys(methods).join(', ')}.`);
  return method();
}

const ok = (body) => ({ status: 200, body });

function found(note) {
  if (!note) throw notFound();
  return note;
}

const notFound = () => new HttpError(404, 'notFound', 'There is nothing at this address.');

function send(response, status, body) {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
