import { createApp } from './app.js';
import { createStore } from './store.js';

const port = Number(process.env.PORT ?? 3000);
const app = createApp({ store: createStore(process.env.DATA_FILE) });

app.listen(port, () => console.log(`Listening on http://localhost:${app.address().port}`));

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close(() => process.exit(0)));
