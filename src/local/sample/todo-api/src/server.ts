import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Answer, match } from './router.ts';
import { createRoutes } from './routes.ts';
import { TodoStore } from './store.ts';
import { InvalidInput } from './validate.ts';

/** An HTTP server for the todos of a store. It is not listening yet. */
export function createTodoServer(store = new TodoStore()): Server {
  const routes = createRoutes(store);
  return createServer(async (request, response) => {
    const answer = await answerTo(request).catch(asErrorAnswer);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  });

  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const found = match(routes, request.method ?? 'GET', url.pathname);
    switch (found.type) {
      case 'notFound':
        return { status: 404, body: { error: 'no such page' } };
      case 'wrongMethod':
        return { status: 405, body: { error: `use ${found.allowed.join(' or ')}` } };
      case 'found':
        return found.route.handle({
          params: found.params,
          query: url.searchParams,
          body: await readJson(request),
        });
    }
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInput('the body must be JSON');
  }
}

function asErrorAnswer(error: unknown): Answer {
  if (error instanceof InvalidInput) return { status: 400, body: { error: error.message } };
  console.error(error);
  return { status: 500, body: { error: 'something went wrong' } };
}
