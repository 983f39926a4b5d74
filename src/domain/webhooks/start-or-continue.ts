import type { GitHubClient } from '../../github/client.ts';
import { GitHubError } from '../../github/errors.ts';
import { beginThread, findThread, isLabelOfAgent, type Thread } from '../../store/github-threads.ts';
import { createAgent } from '../agents/create-agent.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { asGithubUser } from '../github-access.ts';
import { linkPull } from './link-pull.ts';
import { mayTrigger } from './may-trigger.ts';
import { isMentioned, isOfAgent } from './mentions.ts';
import { type Incoming, type IncomingOf, ignored, type Outcome } from './outcome.ts';
import { type Asked, continuation, promptFor } from './prompts.ts';
import type { Account } from './read-event.ts';
import { sayInThread } from './say-in-thread.ts';

/** A label starts an agent for its issue, or tells the one that it has to go on. */
export async function onLabel(context: Context, incoming: IncomingOf<'labelled'>): Promise<Outcome> {
  const { trigger, about, repository } = incoming;
  const { label, by, number, at } = about;
  if (trigger.issueLabel?.toLowerCase() !== label.toLowerCase()) return ignored('notAsked');
  if (await isLabelOfAgent(context.db, { repository, issue: number, label, at })) return ignored('ownAct');
  const because = `${by.login} put the label "${label}" on it`;
  return startOrContinue(context, incoming, { by, at, because, comment: null, label });
}

/** So does a comment that calls it. */
export async function onComment(context: Context, incoming: IncomingOf<'commented'>): Promise<Outcome> {
  const { trigger, about } = incoming;
  const { body, by, at } = about;
  if (trigger.mention === null || !isMentioned(trigger.mention, body)) return ignored('notAsked');
  if (isOfAgent(body)) return ignored('ownAct');
  const because = `${by.login} asks for it in a comment`;
  return startOrContinue(context, incoming, { by, at, because, comment: body, label: null });
}

interface Call {
  by: Account;
  at: string;
  because: string;
  comment: string | null;
  /** The issue must still carry it. */
  label: string | null;
}

async function startOrContinue(context: Context, incoming: Incoming, call: Call): Promise<Outcome> {
  const { trigger, repository, delivery } = incoming;
  const { number } = delivery;
  const look = (github: GitHubClient) => lookAt(github, incoming, call);
  const seen = await asGithubUser(context, trigger.userId, look);
  if ('kind' in seen) return seen;
  const asked: Asked = { ...seen, repository, number, because: call.because, comment: call.comment };
  const thread =
    (await findThread(context.db, trigger.id, number)) ??
    (seen.pull && (await linkPull(context, incoming, seen.pull)));
  if (thread?.state === 'open') {
    try {
      return await sayInThread(context, incoming, { thread, text: continuation(asked) });
    } catch (error) {
      // Somebody has put its agent away: another one takes its place.
      if (!(error instanceof AppError) || error.code !== 'agentArchived') throw error;
    }
  }
  return start(context, incoming, asked, call.at);
}

/** Who calls, and how the issue stands now: what came late or twice must not start what is over. */
async function lookAt(
  github: GitHubClient,
  { trigger, repository, delivery: { number } }: Incoming,
  { by, label }: Call,
) {
  if (!(await mayTrigger(github, trigger, repository, by))) return ignored('notAllowed');
  const issue = await github.getIssue(repository, number).catch((error: unknown) => {
    if (error instanceof GitHubError && error.code === 'notFound') return null;
    throw error;
  });
  if (!issue?.isOpen) return ignored('notOpen');
  if (label !== null && !issue.labels.some((name) => name.toLowerCase() === label.toLowerCase())) {
    return ignored('outOfDate');
  }
  const pull = issue.isPull ? await github.getPull(repository, number) : null;
  return { title: issue.title, body: issue.body, isPull: issue.isPull, pull };
}

async function start(context: Context, incoming: Incoming, asked: Asked, at: string): Promise<Outcome> {
  const { trigger, delivery } = incoming;
  const { organisationId, userId, agent } = trigger;
  try {
    await createAgent(context, {
      ...agent,
      organisationId,
      userId,
      name: `#${asked.number} ${asked.title}`.slice(0, 100).toWellFormed(),
      prompt: promptFor(asked),
      isUntrusted: true,
      repository: asked.repository,
      along: (agentId) => beginThread(delivery, { agentId, at }),
    });
    return { kind: 'started' };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'notFound') throw error;
    // Another delivery has started one, or the thread was closed after this was said.
    const thread: Thread | null = await findThread(context.db, trigger.id, asked.number);
    if (thread?.state !== 'open') return ignored('outOfDate');
    return sayInThread(context, incoming, { thread, text: continuation(asked) });
  }
}
