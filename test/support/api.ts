import { afterAll, beforeEach } from 'vitest';
import { type Cloud, type CloudOptions, openCloud } from './cloud.ts';
import { door } from './door.ts';

export interface TestApi {
  cloud: Cloud;
  /** Asks and holds every answer against its contract. */
  api: ReturnType<typeof door>;
  /** Access tokens of `demo`, who owns `demo/todo-api`, and of `octo`, who has no business there. */
  token: string;
  stranger: string;
  /** The id of `demo`. */
  userId: string;
}

/** The API over the whole local cloud, for a test file that awaits it at its top. It is closed when the file is done. */
export async function openApi(options?: CloudOptions): Promise<TestApi> {
  const cloud = await openCloud(options);
  afterAll(() => cloud.close());
  beforeEach(() => {
    cloud.fetches.intercept = (_service, _request, send) => send();
  });
  const owner = await cloud.signIn('demo');
  const { accessToken: stranger } = await cloud.signIn('octo');
  return { cloud, api: door(cloud.app), token: owner.accessToken, stranger, userId: owner.user.id };
}
