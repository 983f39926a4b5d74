import { describe, expect, it } from 'vitest';
import type { WaitingFor } from '../store/states.ts';
import { speechFor } from './speech.ts';
import type { RunEvent, RunEventType } from './types.ts';

const call = { toolCallId: 'call_1', stepNo: 1, name: 'read_file', subject: 'src/http/router.ts' };
const retryAt = '2026-11-21T10:00:00.000Z';

/** One of each type, and what is said: a type without a row here does not compile. */
const SAID: { [Type in RunEventType]: [Extract<RunEvent, { type: Type }>['data'], string | null][] } = {
  'run.queued': [[{ prompt: 'Add a filter' }, 'Your task is queued.']],
  'run.started': [[{}, 'Getting to work.']],
  'run.waiting': [
    [{ waitingFor: 'approval', until: retryAt }, 'I need your approval to go on.'],
    [{ waitingFor: 'timer' }, 'Waiting a moment before going on.'],
    [{ waitingFor: 'input', reason: 'stuck' }, 'I am waiting for your answer.'],
    [{ waitingFor: 'budget', budget: 'cost' }, 'Raise it and I go on.'],
    [{ waitingFor: 'budget', budget: 'dailyCost' }, 'I go on when there is room again.'],
  ],
  'budget.warning': [
    [{ budget: 'steps', limit: 10, used: 8 }, 'The step limit of this task is nearly reached.'],
    [{ budget: 'dailyCost', limit: 5, used: 4.1 }, 'Your cost limit for today is nearly reached.'],
  ],
  'budget.reached': [
    [{ budget: 'duration', limit: 60, used: 61, needed: 62 }, 'The time limit of this task is reached.'],
    [{ budget: 'cost', limit: 1.5, used: 1.49, needed: 1.6 }, 'The cost limit of this task is reached.'],
  ],
  'run.heldBack': [[{}, 'I begin when one of your other agents is done.']],
  'run.paused': [
    [{}, 'Paused.'],
    [{ reason: 'approvalExpired' }, 'Nobody answered in time. Paused.'],
  ],
  'run.resumed': [[{}, 'Going on.']],
  'run.completed': [
    [{ summary: 'Added a filter to `src/routes.ts`. Tests pass.' }, 'Done. Added a filter to routes.ts.'],
    [{ summary: '' }, 'Done.'],
  ],
  'run.failed': [
    [
      { code: 'modelUnavailable', message: 'The model is overloaded.' },
      'This did not work. The model is overloaded.',
    ],
    [{ code: 'poison', message: '' }, 'This did not work. The run failed.'],
  ],
  'run.cancelled': [[{}, 'Cancelled.']],
  'message.received': [
    [{ messageId: 'message_1', deliver: 'now', seq: 1, text: 'also sort them' }, 'Got your message.'],
    [
      { messageId: 'message_1', deliver: 'afterRun', seq: null, text: 'then sort them' },
      'Noted for afterwards.',
    ],
  ],
  'message.edited': [[{ messageId: 'message_1', seq: 1, text: 'sort them' }, 'Changed your message.']],
  'message.withdrawn': [[{ messageId: 'message_1', seq: 1 }, 'Took your message back.']],
  'message.completed': [
    [{ stepNo: 1, text: 'I will **look** first. Then I edit.' }, 'I will look first.'],
    [{ stepNo: 1, text: '' }, null],
  ],
  'model.fallback': [
    [
      {
        stepNo: 1,
        from: { provider: 'anthropic', model: 'claude-sonnet-5' },
        to: { provider: 'openai', model: 'gpt-6-sol' },
        reason: 'HTTP 529',
      },
      'The model did not answer. Going on with another one.',
    ],
  ],
  'model.retrying': [
    [
      { stepNo: 1, failure: 1, reason: 'HTTP 529', retryAt },
      'The model did not answer. Trying again shortly.',
    ],
  ],
  'output.saved': [[{ name: 'report.md', mediaType: 'text/markdown', bytes: 5 }, 'Saved report.md.']],
  'toolCall.retrying': [
    [
      { ...call, name: 'open_pull_request', failure: 1, reason: 'HTTP 502', retryAt },
      'Open pull request did not get through. Trying again shortly.',
    ],
  ],
  'approval.requested': [
    [
      { ...call, name: 'open_pull_request', subject: 'Add a filter', approvalId: 'a', expiresAt: retryAt },
      'May I open pull request: Add a filter?',
    ],
    [
      { toolCallId: 'call_1', stepNo: 1, name: 'commit', approvalId: 'a', expiresAt: retryAt },
      'May I commit?',
    ],
    [
      {
        ...call,
        name: 'http_request',
        subject: 'POST api.example.com/v1/x',
        approvalId: 'a',
        expiresAt: retryAt,
      },
      'May I send a POST request to api.example.com?',
    ],
    [
      {
        ...call,
        name: 'http_request',
        subject: 'GET api.example.com/v1/x',
        approvalId: 'a',
        because: 'egress',
        expiresAt: retryAt,
      },
      'I have read private and foreign text. May I send a GET request to api.example.com?',
    ],
  ],
  'approval.decided': [
    [{ approvalId: 'a', toolCallId: 'call_1', decision: 'allow' }, 'Approved.'],
    [{ approvalId: 'a', toolCallId: 'call_1', decision: 'deny' }, 'Denied.'],
    [{ approvalId: 'a', toolCallId: 'call_1', decision: 'sendAgain' }, 'Sending it again.'],
    [{ approvalId: 'a', toolCallId: 'call_1', decision: 'leave' }, 'Leaving it.'],
  ],
  'approval.expired': [[{ approvalId: 'a', toolCallId: 'call_1' }, null]],
  'toolCall.needsReview': [
    [
      {
        toolCallId: 'call_1',
        stepNo: 1,
        name: 'comment',
        subject: '#3: Done.',
        approvalId: 'a',
        expiresAt: retryAt,
      },
      'I cannot tell whether this went through: comment: #3: Done. Shall I send it again?',
    ],
    [
      { toolCallId: 'call_1', stepNo: 1, name: 'comment', approvalId: 'a', expiresAt: retryAt },
      'I cannot tell whether this went through: comment. Shall I send it again?',
    ],
  ],
  'context.compacted': [
    [
      { stepNo: 9, coveredSteps: 5, tokensBefore: 150_001 },
      'I summed up what we did so far, to have room to go on.',
    ],
  ],
  'question.asked': [
    [
      {
        toolCallId: 'call_1',
        stepNo: 1,
        question: 'There are **two** stores, in `src/store.ts` and in `db/store.ts`. Which one is in use?',
        choices: ['`src/store.ts`', 'db/store.ts', 'Both'],
      },
      'There are two stores, in store.ts and in store.ts. Which one is in use? You can say: store.ts, store.ts or Both.',
    ],
    [{ stepNo: 1, question: 'Go on' }, 'Go on.'],
    [{ stepNo: 1, question: '```\nx\n```' }, 'I have a question for you.'],
  ],
  'plan.updated': [
    [{ steps: [] }, null],
    [
      { steps: [{ title: 'Read the code', status: 'inProgress' }] },
      'The plan has 1 step. Now: Read the code.',
    ],
    [
      {
        steps: [
          { title: 'Read the code', status: 'done' },
          { title: 'Write the filter', status: 'inProgress' },
        ],
      },
      '1 of 2 steps are done. Now: Write the filter.',
    ],
    [{ steps: [{ title: 'Read the code', status: 'done' }] }, 'All steps of the plan are done.'],
  ],
  'result.refused': [[{ stepNo: 3, message: 'There is 1 problem' }, 'It is not finished yet. Mending it.']],
  'toolCall.started': [
    [call, 'Reading router.ts.'],
    [{ ...call, name: 'fetchPage', subject: undefined }, 'Fetch page.'],
    [{ ...call, name: 'run_tests', subject: 'test/todos.spec.ts' }, 'Run tests: todos.spec.ts.'],
    [{ ...call, name: 'search_code', subject: 'todos\\.filter\\(' }, 'Searching the code.'],
    [{ ...call, name: 'list_files', subject: 'src/http' }, 'Looking around in http.'],
    [{ ...call, name: 'list_files', subject: '.' }, 'Looking around.'],
    [{ ...call, name: 'edit_file' }, null],
    [{ ...call, name: 'comment', subject: '#1: Hello.' }, 'Commenting: #1: Hello.'],
    [{ ...call, name: 'create_branch', subject: 'try-this' }, 'Creating a branch: try-this.'],
    [{ ...call, name: 'create_branch', subject: 'keep/this' }, 'Creating a branch: keep this.'],
    [{ ...call, name: 'http_request', subject: 'GET example.com/' }, 'Sending a GET request to example.com.'],
    [{ ...call, name: 'http_request', subject: undefined }, 'Http request.'],
    [{ ...call, name: 'update_plan', subject: undefined }, null],
  ],
  'toolCall.completed': [[call, null]],
  'toolCall.failed': [
    [{ ...call, message: 'no such file' }, 'Read file did not work.'],
    [{ ...call, name: 'commit', message: 'The user denied this call.', decision: 'deny' }, null],
  ],
  'file.changed': [[{ path: 'src/http/router.ts', change: 'edited' }, 'Edited router.ts.']],
  'commit.created': [
    [
      {
        sha: '0123456789abcdef',
        message: 'Add a filter\n\nCadence-Tool-Call: x',
        branch: 'cadence/agent_1',
        files: 2,
      },
      'Committed 2 files: Add a filter.',
    ],
    [{ sha: '0123456789abcdef', message: '', branch: 'b', files: 1 }, 'Committed 1 file.'],
  ],
  'pullRequest.opened': [
    [
      { number: 7, title: 'Add a filter', url: 'https://github.com/a/b/pull/7' },
      'Opened pull request 7: Add a filter.',
    ],
  ],
};

// The table pairs each type with its own data; Object.entries forgets which belongs to which.
const ROWS = Object.entries(SAID).flatMap(([type, examples]) =>
  examples.map(([data, spoken]) => ({ event: { type, data } as RunEvent, spoken })),
);

describe('what is read aloud', () => {
  it.each(ROWS)('of $event.type $event.data is $spoken', ({ event, spoken }) => {
    expect(speechFor(event)).toBe(spoken);
  });

  it('has no ids, hashes, addresses or slashes in it', () => {
    for (const { event } of ROWS) {
      expect(speechFor(event) ?? '').not.toMatch(/\/|_|0123456789|https?:/);
    }
  });

  it('says something of its own for everything a run can wait for', () => {
    const said: Record<WaitingFor, string | null> = {
      approval: waitingFor('approval'),
      input: waitingFor('input'),
      runner: waitingFor('runner'),
      child: waitingFor('child'),
      timer: waitingFor('timer'),
      budget: waitingFor('budget'),
      review: waitingFor('review'),
    };
    expect(new Set(Object.values(said)).size).toBe(7);
    expect(Object.values(said)).not.toContain(null);
  });
});

const waitingFor = (reason: WaitingFor) => speechFor({ type: 'run.waiting', data: { waitingFor: reason } });
