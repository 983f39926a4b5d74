import type { Context } from '../context.ts';
import { asGithubUser } from '../github-access.ts';
import { linkPull } from './link-pull.ts';
import { mayTrigger } from './may-trigger.ts';
import { isOfAgent } from './mentions.ts';
import { type IncomingOf, ignored, type Outcome } from './outcome.ts';
import { reviewMessage } from './prompts.ts';
import { sayInThread } from './say-in-thread.ts';

/** A review of an agent's pull request is said to the agent, with what it says of lines. */
export async function onReview(context: Context, incoming: IncomingOf<'reviewed'>): Promise<Outcome> {
  const { trigger, repository, about } = incoming;
  const { number, pull, reviewId, state, body, by } = about;
  if (!trigger.review || !['changes_requested', 'commented'].includes(state)) return ignored('notAsked');
  if (isOfAgent(body)) return ignored('ownAct');
  const thread = await linkPull(context, incoming, pull);
  if (thread === null) return ignored('noAgent');
  if (thread.state === 'closed') return ignored('notOpen');
  const seen = await asGithubUser(context, trigger.userId, async (github) => {
    if (!(await mayTrigger(github, trigger, repository, by))) return ignored('notAllowed');
    if (!(await github.getPull(repository, number)).isOpen) return ignored('notOpen');
    return { comments: await github.listReviewComments(repository, number, reviewId) };
  });
  if ('kind' in seen) return seen;
  if (body.trim() === '' && seen.comments.length === 0) return ignored('notAsked');
  const wantsChanges = state === 'changes_requested';
  const text = reviewMessage({ ...seen, number, login: by.login, wantsChanges, body });
  return sayInThread(context, incoming, { thread, text });
}
