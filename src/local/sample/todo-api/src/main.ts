import { createTodoServer } from './server.ts';

const port = Number(process.env.PORT ?? 3000);
createTodoServer().listen(port, () => console.log(`todo-api listens on http://localhost:${port}`));
